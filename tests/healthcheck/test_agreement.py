"""The door of the configuration and the program judge alike: what one lets in the other can read."""

from __future__ import annotations

import pytest

from bareboat.base.errors import FormatError
from bareboat.plan.config.health import (
    command_of,
    read_age,
    read_check_address,
    read_check_url,
    read_header_name,
    read_socket,
    read_statuses,
)
from tests.makers.peer import ask

URLS = (
    "http://127.0.0.1:1/", "http://127.0.0.1:1", "http://localhost:1/a?b=c", "http://[::1]:1/", "http://[::1]:1",
    "HTTP://127.0.0.1:1/", "http://127.0.0.1:1?x", "http://127.0.0.1", "http://127.0.0.1:65535/~a/%20",
    "https://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1:1", "http:127.0.0.1", "http://", "http:///x", "http://:1/",
    "http://127.0.0.1:/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:1x/", "http://::1/",
    "http://[::1/", "http://[::1]x/", "http://[127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://example.org/",
    "http://127.1/", "http://0x7f.0.0.1/", "http://127.0.0.01/", "http://127.0.0.1:1/a b", "http://127.0.0.1:1/#x",
    "http://a@127.0.0.1:1/", "http://127.0.0.1:1/\r\nX: y", "http://127.0.0.1:1/ä", "http://127.0.0.1:000001/",
    "http://localhost.:1/", "http://LOCALHOST:1/",
)  # fmt: skip
ADDRESSES = (
    "127.0.0.1:1", "localhost:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:/nowhere", "unix:/" + "x" * 106,
    "unix:/" + "x" * 107, "unix:nowhere", "unix:", "127.0.0.1", "[::1]", "::1:1", ":1", "[]:1", "example.org:1",
    "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1:1", "127.0.0.1: 1", "127.0.0.1:+1", "256.0.0.1:1", "[::1]1",
)  # fmt: skip
STATUSES = ("200", "200-299", "200-299,404", "100-599", "99", "600", "20", "2000", "300-200", "200-", "-200", ",200",
            "200,", "200 ", "200-299-300", ",".join(["200"] * 8), ",".join(["200"] * 9), "٢٠٠")  # fmt: skip
AGES = ("1ms", "1s", "1m30s", "24h", "1h60m", "24h1ms", "0s", "5", "s", "1m 30s", "-1s", "1.5s", "25h", "1d")
NAMES = ("Host", "X-A_b.c", "a", "", "a b", "ä", "(x)")
SOCKETS = ("/run/a", "/", "run/a", "/" + "x" * 106, "/" + "x" * 107, "/ä" * 35)


def lets_in(read: object, word: str) -> bool:
    assert callable(read)
    try:
        read(word)
    except FormatError:
        return False
    return True


@pytest.mark.parametrize("url", URLS)
def test_urls(url: str) -> None:
    assert lets_in(read_check_url, url) == (ask("http", "--timeout", "1s", url).code != 2)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("form", ["tcp", "grpc"])
def test_addresses(form: str, address: str) -> None:
    assert lets_in(read_check_address, address) == (ask(form, "--timeout", "1s", address).code != 2)


@pytest.mark.parametrize("statuses", STATUSES)
def test_statuses(statuses: str) -> None:
    verdict = ask("http", "--status", statuses, "http://127.0.0.1:1/")
    assert lets_in(read_statuses, statuses) == (verdict.code != 2)


@pytest.mark.parametrize("age", AGES)
def test_ages(age: str) -> None:
    assert lets_in(read_age, age) == (ask("file", "--younger-than", age, "/").code != 2)


@pytest.mark.parametrize("name", NAMES)
def test_header_names(name: str) -> None:
    verdict = ask("http", "--header", f"{name}: x", "http://127.0.0.1:1/")
    assert lets_in(read_header_name, name) == (verdict.code != 2)


@pytest.mark.parametrize("path", SOCKETS)
def test_sockets(path: str) -> None:
    verdict = ask("http", "--socket", path, "http://localhost/")
    assert lets_in(read_socket, path) == (verdict.code != 2)


@pytest.mark.parametrize("timeout_ms", [1, 9, 10, 999, 1000, 30_000, 100_000_000])
def test_the_time_that_the_program_is_given_is_one_it_takes_and_less_than_the_engine_waits(timeout_ms: int) -> None:
    command = command_of("file", ["/"], timeout_ns=timeout_ms * 10**6)

    assert ask(*command[2:]).code == 0
    assert int(command[4].removesuffix("ms")) <= timeout_ms
