"""Mirrors that are wrong, over real HTTP: the reason is told with the address, and nothing of theirs is kept."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from bareboat.store.remembered import Answer
from tests.makers.complaint import complaint
from tests.makers.server import Server
from tests.makers.vendor import DEB, make_vendor

HTML = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>"
AT_ONCE = (("retry-after", "0"),)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("answer", "code", "reason", "hint"),
    [
        (Answer(status=404), 7, "it is not there (404)", None),
        (Answer(status=403), 7, "it is forbidden (403)", None),
        (Answer(status=429, headers=AT_ONCE), 7, "the server answers 429 Too Many Requests", "try again later"),
        (Answer(status=503, headers=AT_ONCE), 7, "the server answers 503 Service Unavailable", "try again later"),
        (Answer(body=HTML), 6, "it looks like an HTML page: a captive portal or a proxy?", "open a web page"),
        (Answer(body=DEB[:-1]), 6, f"{len(DEB) - 1} bytes came, {len(DEB)} were promised", None),
        (Answer(body=DEB[:-1] + b"x"), 6, "the bytes that came have sha256:", None),
        (Answer(body=DEB + b"x"), 6, f"more than the promised {len(DEB)} bytes came", None),
    ],
    ids=["404", "403", "429", "503", "html", "cut off", "other bytes", "too long"],
)
def test_a_mirror_that_is_wrong_is_named_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Answer, code: int, reason: str, hint: str | None
) -> None:
    with Server({}) as server:
        vendor = make_vendor(tmp_path, server.url("/vendor"))
        server.pages[vendor.path] = answer
        said = complaint(vendor.project, capsys, "build", "--frozen")
    assert said.code == code
    assert said.message.startswith('cannot fetch "hello 1.0 (amd64)"\n  http://127.0.0.1:')
    assert reason in said.message
    assert (said.hint or "").startswith(hint or "")
    assert not vendor.has_package
    assert not (vendor.project.folder / "out").exists()


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(status=503, headers=AT_ONCE), Answer(body=DEB)],
        [Answer(status=429, headers=AT_ONCE), Answer(body=DEB)],
        [Answer(body=DEB, breaks_after=9_000), Answer(body=DEB)],
    ],
    ids=["503", "429", "cut off"],
)
def test_what_passes_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answers: Sequence[Answer]
) -> None:
    with Server({}) as server:
        vendor = make_vendor(tmp_path, server.url("/vendor"))
        server.pages[vendor.path] = answers
        assert vendor.project.run("build", "--frozen", "--quiet") == 0
        assert server.paths() == [vendor.path] * 2
    assert capsys.readouterr().err == ""


def test_a_mirror_that_is_down_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        vendor = make_vendor(tmp_path, f"http://127.0.0.1:{unused.getsockname()[1]}/vendor")
        said = complaint(vendor.project, capsys, "build", "--frozen")
    assert said.code == 7
    assert "Connection refused" in said.message
    assert said.hint == "try again later, or set HTTPS_PROXY and HTTP_PROXY if this machine needs a proxy"


def test_a_host_that_nobody_knows_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a machine without a network sees."""
    vendor = make_vendor(tmp_path, "http://nowhere.invalid/vendor")
    said = complaint(vendor.project, capsys, "build", "--frozen")
    assert (said.code, "http://nowhere.invalid/vendor/" in said.message) == (7, True)


def test_the_network_is_left_alone_when_it_is_switched_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server({}) as server:
        vendor = make_vendor(tmp_path, server.url("/vendor"))
        server.pages[vendor.path] = DEB
        said = complaint(vendor.project, capsys, "build", "--frozen", "--offline")
        assert server.requests == []
    assert said.code == 7
    assert said.message == 'cannot fetch "hello 1.0 (amd64)": not in the store, and the network is switched off'
    assert said.hint == "run the same command once without --offline"
