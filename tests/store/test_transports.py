"""The transports that need no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bareboat.base.errors import FetchError, NotFoundError
from bareboat.store.local import LocalTransport
from bareboat.store.remembered import RememberedTransport
from bareboat.store.transport import Routes


@pytest.mark.parametrize("form", ["file://{}", "file:{}", "copy:{}", "file://localhost{}"])
def test_a_file_is_read_by_every_form_of_its_address(tmp_path: Path, form: str) -> None:
    (tmp_path / "ä b").write_bytes(b"12345")
    with LocalTransport().get(form.format(f"{tmp_path}/%C3%A4%20b")) as response:
        assert (response.status, response.headers, b"".join(response.chunks())) == (
            200,
            {"content-length": "5"},
            b"12345",
        )


@pytest.mark.parametrize(
    ("offset", "status", "headers", "rest"),
    [
        (2, 206, {"content-length": "3", "content-range": "bytes 2-4/5"}, b"345"),
        (5, 416, {"content-length": "0"}, b""),
        (9, 416, {"content-length": "0"}, b""),
    ],
)
def test_a_part_of_a_file(tmp_path: Path, offset: int, status: int, headers: dict[str, str], rest: bytes) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    with LocalTransport().get(f"file://{tmp_path}/a", offset=offset) as response:
        assert (response.status, response.headers, b"".join(response.chunks())) == (status, headers, rest)


@pytest.mark.parametrize("name", ["missing", "folder", "file/below"])
def test_no_file_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(NotFoundError, match="there is no such file"), LocalTransport().get(f"file://{tmp_path}/{name}"):
        pass


@pytest.mark.parametrize(
    "url", ["file://elsewhere/a", "file:a", "http://mirror.example/a", "file://[", "/a", "file:/a%00b"]
)
def test_an_address_of_another_machine_is_not_read(url: str) -> None:
    with pytest.raises(FetchError), LocalTransport().get(url):
        pass


def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with (
        pytest.raises(FetchError, match="it cannot be read: Too many levels of symbolic links"),
        LocalTransport().get(f"file://{tmp_path}/loop"),
    ):
        pass


def test_an_address_goes_to_the_transport_of_its_scheme() -> None:
    http, https = RememberedTransport({"http://a/": b"plain"}), RememberedTransport({"HTTPS://a/": b"secret"})
    routes = Routes({"http": http, "https": https})
    with routes.get("HTTPS://a/") as response:
        assert b"".join(response.chunks()) == b"secret"
    with pytest.raises(FetchError) as caught:
        routes.get("ftp://me:secret@mirror.example/a?token=secret")
    assert caught.value.message == 'cannot fetch "ftp://mirror.example/a": its scheme is none of http, https'


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    modules = "sys, bareboat.store.http, bareboat.store.fetch"
    code = f"import {modules}; print(sorted({{'requests', 'urllib3'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
