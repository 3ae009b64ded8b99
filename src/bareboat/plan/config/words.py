"""The words of the configuration language: package wishes, paths, addresses and names, read from text.

Every function takes text as a user wrote it and returns the form that the values of `plan.config.config` hold.
Sizes, durations, modes and ports are in `plan.config.units`; neither knows pydantic.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.path import ImagePath, image_path
from bareboat.base.platform import ARCHITECTURES, architecture
from bareboat.base.problem import suggestion
from bareboat.base.redact import redact_url

_Choice = TypeVar("_Choice", bound=StrEnum)

_PACKAGE = r"[a-z0-9][a-z0-9+.-]+"
_PIN = r"(?P<name>[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?)=(?P<version>[^\s=]+)"
_OWNER = r"([a-z_][a-z0-9_.-]*|[0-9]{1,10})(:([a-z_][a-z0-9_.-]*|[0-9]{1,10}))?"
_ACCOUNT = r"[a-z_][a-z0-9_.-]{0,31}"
_PLAIN_NAME = r"[a-z0-9]+([._-][a-z0-9]+)*"
_VARIABLE = r"[^=\0]+"
_OWN_ARCHITECTURE = ("", "any", "native")
_SCHEMES = ("https", "http", "file")
_SHOWN = 80


def read_relation(text: str) -> str:
    """Read one wish, in Debian's syntax (Policy 7.1) or apt's `name=version`, as Debian's relation text.

    Raises:
        FormatError: When it is not exactly one relation, which may have alternatives, or is for an architecture.
    """
    from bareboat.debian.relation import parse_relations

    pin = re.fullmatch(_PIN, text)
    try:
        groups = parse_relations(f"{pin['name']} (= {pin['version']})" if pin else text, "")
    except FormatError as error:
        expected = error.message.partition("\n")[0].rpartition(", ")[2].rstrip(":")
        raise FormatError(
            f'cannot read the relation "{text[:_SHOWN]}": {expected}', hint='write one such as "libpq5 (>= 15) [amd64]"'
        ) from error
    if len(groups) != 1:
        raise FormatError(
            f'cannot read "{text[:_SHOWN]}" as one package', hint="write one package in each item of the list"
        )
    for relation in groups[0].alternatives:
        _check_qualifier(relation.name, relation.qualifier)
    return str(groups[0])


def _check_qualifier(name: str, qualifier: str) -> None:
    """An image has the packages of its own architecture and of none besides."""
    if qualifier in _OWN_ARCHITECTURE:
        return
    known = {other for arch in ARCHITECTURES for other in (arch.debian, arch.oci)}
    only = f', or "{name} [{architecture(qualifier).debian}]" for that architecture alone' if qualifier in known else ""
    raise FormatError(
        f'cannot take "{name}:{qualifier}": packages of another architecture than the image\'s are not taken',
        hint=f'write "{name}"{only}',
    )


def read_package_name(text: str) -> str:
    """Read the name of a package, as Policy 5.6.1 has it.

    Raises:
        FormatError: When it cannot be one.
    """
    return _matched(_PACKAGE, text, "the name of a package")


def read_wish(text: str) -> tuple[str, bool]:
    """Read a relation, or `-name` to take a parent's wish away, as the relation and whether it is taken away.

    Raises:
        FormatError: When it is neither.
    """
    return (read_package_name(text[1:].strip()), True) if text.startswith("-") else (read_relation(text), False)


def read_image_path(text: str) -> ImagePath:
    """Read an absolute path of the image.

    Raises:
        FormatError: When it is not absolute or has `..` in it.
    """
    try:
        path = image_path(text)
    except BareboatError as error:
        raise FormatError(error.message.removeprefix("path: ")) from error
    if not text.startswith("/"):
        raise FormatError(
            f'cannot take "{text[:_SHOWN]}" as a path of the image: it is not absolute',
            hint=f'write "/{path[:_SHOWN]}"',
        )
    return path


def read_absolute_path(text: str) -> str:
    """Read an absolute path of the image, and keep it absolute: `/srv//app` is `/srv/app`.

    Raises:
        FormatError: As `read_image_path`.
    """
    return "/" + read_image_path(text)


def read_local_path(text: str) -> str:
    """Read a path of this machine; whether something is there is for later.

    Raises:
        FormatError: When it is empty.
    """
    if not text:
        raise FormatError("cannot take an empty path")
    return text


def read_url(text: str) -> str:
    """Read an address without user name and password; those are never printed.

    Raises:
        FormatError: When it is not one, or holds a secret.
    """
    try:
        parts = urlsplit(text)
        host, has_secret = parts.hostname, "@" in parts.netloc
    except ValueError as error:
        raise FormatError("cannot read as an address") from error
    if has_secret:
        raise FormatError(
            f'has a user name or password before the host of "{redact_url(text)}"',
            hint="take it out of this file and put it into ~/.netrc",
        )
    if parts.scheme not in _SCHEMES or not (host or parts.scheme == "file") or re.search(r"\s", text):
        raise FormatError("cannot read as an address", hint="write one that begins with https://, http:// or file://")
    return text


def read_owner(text: str) -> str:
    """Read `name`, `uid`, `name:group` or `uid:gid`.

    Raises:
        FormatError: When it is none of them.
    """
    return _matched(_OWNER, text, "an owner such as nonroot or 1000:1000")


def read_account_name(text: str) -> str:
    """Read the name of a user or group, as useradd(8) would take it.

    Raises:
        FormatError: When it would not.
    """
    return _matched(_ACCOUNT, text, "the name of an account")


def read_plain_name(text: str) -> str:
    """Read a name of small letters, digits, dots, hyphens and underscores: a path part of an OCI reference.

    Raises:
        FormatError: When it has anything else.
    """
    return _matched(_PLAIN_NAME, text, "a name of small letters, digits, dots and hyphens")


def read_variable(text: str) -> str:
    """Read the name of an environment variable.

    Raises:
        FormatError: When it has a `=` in it.
    """
    return _matched(_VARIABLE, text, "the name of a variable")


def read_architecture(text: str) -> str:
    """Read anyone's name of an architecture as OCI's.

    Raises:
        UsageError: When nobody calls an architecture so.
    """
    return architecture(text).oci


def read_choice(text: str, choices: type[_Choice], what: str) -> _Choice:
    """Read one word of a closed set; `what` is what the set is called in an error.

    Raises:
        FormatError: When the set does not have it.
    """
    known = [choice.value for choice in choices]
    if text not in known:
        hint = suggestion(text, known) or f"one of: {', '.join(known)}"
        raise FormatError(f'unknown {what} "{text[:_SHOWN]}"', hint=hint)
    return choices(text)


def removable(read: Callable[[str], str]) -> Callable[[str], str]:
    """`read`, with a `-` in front to take a parent's value away; the `-` stays."""
    return lambda text: "-" + read(text[1:]) if text.startswith("-") else read(text)


def _matched(pattern: str, text: str, what: str) -> str:
    if not re.fullmatch(pattern, text):
        raise FormatError(f'cannot take "{text[:_SHOWN]}" as {what}')
    return text
