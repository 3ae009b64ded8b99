"""The forms of `healthcheck`: what each may say, and the command that it becomes.

The command is one of the program of the component `healthcheck` (`catalog/healthcheck/source`), which judges addresses
and statuses by the same rules; `tests/healthcheck` holds the two together.
It knows no pydantic, as `plan.config.values`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bareboat.base.errors import FormatError
from bareboat.plan.components import HEALTHCHECK_PROGRAM
from bareboat.plan.config.units import read_duration

FORMS = ("test", "http", "tcp", "grpc", "file", "exec")
"""What a health check can be; each one says exactly one."""

ONLY_WITH: Mapping[str, str] = {
    "status": "http", "headers": "http", "socket": "http", "service": "grpc", "younger-than": "file",
}
"""What is said besides, and the form that it has a meaning with."""

_MILLISECOND = 10**6
_DAY_MS = 24 * 3600 * 1000
_MOST_SOCKET_PATH = 107
_MOST_TEXT = 255
_MOST_URL = 4096
_PORT = re.compile(r"[0-9]{1,5}")
_STATUS = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_MOST_RANGES = 8
# RFC 9110, 5.6.2: "token = 1*tchar"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_SHOWN = 80

_ADDRESS_HINT = "write one such as 127.0.0.1:8080, localhost:8080 or unix:/run/app.sock"
_URL_HINT = "write one such as http://127.0.0.1:8080/healthz"


def read_check_duration(text: str) -> int:
    """Read a duration in nanoseconds, of at least a millisecond: Docker starts no container with less in its image.

    Raises:
        FormatError: When it is none, or shorter.
    """
    duration = read_duration(text)
    if duration < _MILLISECOND:
        raise FormatError(f'cannot take "{text[:_SHOWN]}" here: Docker takes no less than 1ms')
    return duration


def read_age(text: str) -> str:
    """Read how old a file may be, in the words of the program: `1m30s`.

    Raises:
        FormatError: When it is no duration, shorter than a millisecond or longer than a day.
    """
    if not _MILLISECOND <= read_duration(text) <= _DAY_MS * _MILLISECOND:
        raise FormatError(f'cannot take "{text[:_SHOWN]}" as an age: it is not from 1ms to 24h')
    return text


def read_check_url(text: str) -> str:
    """Read the URL of a check by HTTP: that of a server in the container, by address or as localhost.

    Raises:
        FormatError: When the program could not ask there.
    """
    shown = text[:_SHOWN]
    if text.lower().startswith("https://"):
        raise FormatError(
            f'cannot take "{shown}": the health check speaks no TLS',
            hint="let the program listen on loopback without it, or use tcp or exec",
        )
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise FormatError(f'cannot read "{shown}" as a URL', hint=_URL_HINT) from error
    if parts.scheme != "http" or len(text) > _MOST_URL or re.search(r"[^!-~]|#|\\", text):
        raise FormatError(f'cannot read "{shown}" as a URL', hint=_URL_HINT)
    if "@" in parts.netloc:
        raise FormatError("has a user name or password, which is not sent", hint="say `headers: {Authorization: …}`")
    _check_place(parts.netloc, shown, _URL_HINT, needs_port=False)
    return text


def read_check_address(text: str) -> str:
    """Read the address of a check by TCP or gRPC: `127.0.0.1:5432`, `[::1]:5432`, `localhost:5432`, `unix:/run/a.sock`.

    Raises:
        FormatError: When it is none of them.
    """
    if text.startswith("unix:"):
        read_socket(text.removeprefix("unix:"))
    elif len(text) > _MOST_TEXT:
        raise FormatError(f'cannot read "{text[:_SHOWN]}" as an address', hint=_ADDRESS_HINT)
    else:
        _check_place(text, text[:_SHOWN], _ADDRESS_HINT, needs_port=True)
    return text


def read_socket(text: str) -> str:
    """Read the path of a socket in the container.

    Raises:
        FormatError: When it is not absolute, or longer than the kernel takes.
    """
    if not text.startswith("/") or len(text.encode()) > _MOST_SOCKET_PATH or "\0" in text:
        raise FormatError(
            f'cannot take "{text[:_SHOWN]}" as the path of a socket', hint="it is absolute, of at most 107 bytes"
        )
    return text


def read_statuses(text: str) -> str:
    """Read the statuses of a healthy answer: `204`, `200-299`, `200-299,404`.

    Raises:
        FormatError: When they are none.
    """
    ranges = text.split(",")
    for one in ranges:
        match = _STATUS.fullmatch(one)
        if match is None or not 100 <= int(match[1]) <= int(match[2] or match[1]) <= 599 or len(ranges) > _MOST_RANGES:
            raise FormatError(
                f'cannot read "{text[:_SHOWN]}" as statuses', hint="write 200, 200-399 or 200-299,404"
            )
    return text


def read_header_name(text: str) -> str:
    """Read the name of a header.

    Raises:
        FormatError: When it has a character that no name has.
    """
    if not _TOKEN.fullmatch(text):
        raise FormatError(f'cannot take "{text[:_SHOWN]}" as the name of a header')
    return text


def read_header_value(text: str) -> str:
    """Read the value of a header.

    Raises:
        FormatError: When it has a control character.
    """
    if not _VALUE.fullmatch(text):
        raise FormatError("cannot take a control character in a header")
    return text


def read_service(text: str) -> str:
    """Read the name of a service of a gRPC server.

    Raises:
        FormatError: When it is empty or too long.
    """
    if not 1 <= len(text.encode()) <= _MOST_TEXT or "\0" in text:
        raise FormatError("cannot take this name of a service: it has from 1 to 255 bytes")
    return text


def command_of(
    form: str, target: Sequence[str], *, timeout_ns: int | None, options: Sequence[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The command of a check in Docker's words: `CMD`, the program, the form, its options, and what it checks.

    The program gives up before the engine does (by a quarter of the time, at most a second, which engines need to start
    it), for it says why and an engine that kills it does not.

    Args:
        form: One of `FORMS` but `test`.
        target: A URL, an address, a path, or the words of a command.
        timeout_ns: What the engine waits for at most.
        options: Further options of the program with their values, in their order.
    """
    limit = [] if timeout_ns is None else ["--timeout", f"{_limit_ms(timeout_ns // _MILLISECOND)}ms"]
    said = [word for pair in options for word in pair]
    end = ["--"] if target[0].startswith("-") else []
    return ("CMD", HEALTHCHECK_PROGRAM, form, *limit, *said, *end, *target)


def _limit_ms(timeout_ms: int) -> int:
    return max(1, min(timeout_ms - min(timeout_ms // 4, 1000), _DAY_MS))


def _check_place(text: str, shown: str, hint: str, *, needs_port: bool) -> None:
    bracketed, bracket, rest = text.partition("]")
    if text.startswith("[") and bracket:
        host, colon, port = bracketed + bracket, rest[:1], rest[1:]
        is_known = rest[:1] in ("", ":") and _is_ipv6(host[1:-1])
    else:
        host, colon, port = text.partition(":")
        is_known = host == "localhost" or _is_ipv4(host)
    if not host or (colon and not (_PORT.fullmatch(port) and 1 <= int(port) <= 65535)) or (needs_port and not colon):
        raise FormatError(f'cannot read "{shown}" as an address with a port', hint=hint)
    if not is_known:
        raise FormatError(f'cannot take "{host[:_SHOWN]}" as a host: the health check looks up no names', hint=hint)


def _is_ipv4(host: str) -> bool:
    from ipaddress import AddressValueError, IPv4Address

    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def _is_ipv6(host: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return IPv6Address(host).scope_id is None
    except AddressValueError:
        return False
