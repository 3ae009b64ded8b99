"""The checks of a port, a file and a program, and the command line itself."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.makers.peer import Peer, Verdict, ask, program


def test_a_port_that_takes_connections_is_well(tmp_path: Path) -> None:
    with Peer(lambda connection: None) as peer:
        assert ask("tcp", peer.address) == Verdict(0, f"healthy: {peer.address} takes connections")
        assert ask("tcp", f"localhost:{peer.port}").code == 0
        gone = peer.address
    assert ask("tcp", gone) == Verdict(1, f"unhealthy: cannot connect to {gone}: nobody listens there")
    with Peer(lambda connection: None, path=tmp_path / "s") as peer:
        assert ask("tcp", peer.address) == Verdict(0, f"healthy: {peer.address} takes connections")
    missing = f"unix:{tmp_path}/none"
    assert ask("tcp", missing) == Verdict(1, f"unhealthy: cannot connect to {missing}: there is no such file")


def test_a_file_is_there_and_young_enough(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    assert ask("file", str(ready)) == Verdict(1, f"unhealthy: cannot look at {ready}: there is no such file")
    ready.touch()
    assert ask("file", str(ready)) == Verdict(0, f"healthy: {ready} is there")
    assert ask("file", "--younger-than", "1m", str(ready)) == Verdict(
        0, f"healthy: {ready} was written less than 1m ago"
    )
    os.utime(ready, (0, time.time() - 3600))
    verdict = ask("file", "--younger-than", "1m30s", str(ready))
    assert verdict.code == 1
    assert verdict.line.startswith(f"unhealthy: {ready} was last written 360")
    assert verdict.line.endswith(" seconds ago, more than 1m30s")
    os.utime(ready, (0, time.time() + 3600))
    assert ask("file", "--younger-than", "1m", str(ready)).code == 0
    (tmp_path / "link").symlink_to("ready")
    assert ask("file", str(tmp_path / "link")).code == 0
    assert ask("file", f"{ready}/below") == Verdict(
        1, f"unhealthy: cannot look at {ready}/below: a part of its path is no folder"
    )


def script(folder: Path, text: str) -> str:
    """A program for the check to run."""
    path = folder / "check"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_decides_by_its_exit_code(tmp_path: Path) -> None:
    assert ask("exec", script(tmp_path, "exit 0")) == Verdict(0, f"healthy: {tmp_path}/check ended with 0")
    assert ask("exec", script(tmp_path, "exit 3")) == Verdict(1, f"unhealthy: {tmp_path}/check ended with 3")
    assert ask("exec", script(tmp_path, "kill -9 $$")) == Verdict(
        1, f"unhealthy: {tmp_path}/check was ended by signal 9"
    )
    assert ask("exec", f"{tmp_path}/none") == Verdict(
        1, f"unhealthy: cannot run {tmp_path}/none: there is no such file"
    )
    (tmp_path / "data").write_text("x")
    assert ask("exec", f"{tmp_path}/data") == Verdict(1, f"unhealthy: cannot run {tmp_path}/data: permission denied")


def test_a_program_gets_its_words_as_they_are_and_speaks_for_itself(tmp_path: Path) -> None:
    """No shell stands between: nothing is split, nothing is replaced."""
    words = ["a b", "$HOME", "--timeout", "*"]
    path = script(tmp_path, 'printf "<%s>" "$@"; echo')

    verdict = ask("exec", "--timeout", "10s", path, *words)

    assert verdict == Verdict(0, f"<a b><$HOME><--timeout><*>\nhealthy: {path} ended with 0")


def test_a_program_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    path = script(tmp_path, f"sleep 1000 & echo $! >{tmp_path}/child; wait")
    verdict = ask("exec", "--timeout", "500ms", path)
    assert verdict == Verdict(1, f"unhealthy: {path} did not end within 500ms")
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    end = time.monotonic() + 10
    while child.exists() and child.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end, "what it started still runs"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "says what to check first: http, tcp, grpc, file or exec; see healthcheck --help"),
        (["ping", "x"], "says what to check first: http, tcp, grpc, file or exec; see healthcheck --help"),
        (["http"], "http needs something to check: see healthcheck --help"),
        (["http", ""], "http needs something to check: see healthcheck --help"),
        (["http", "--status"], "--status needs a value"),
        (["http", "--status", "99", "http://127.0.0.1/"],
            'cannot read the statuses "99": write 200, 200-399 or 200-299,404'),
        (["http", "--status", "300-200", "http://127.0.0.1/"],
            'cannot read the statuses "300-200": write 200, 200-399 or 200-299,404'),
        (["http", "--status", ",".join(["200"] * 9), "http://127.0.0.1/"], "--status takes at most 8 ranges"),
        (["http", "--service", "x", "http://127.0.0.1/"], "http has no option --service: see healthcheck --help"),
        (["http", "--timeout", "5", "http://127.0.0.1/"],
            'cannot read the duration "5": write 500ms, 5s or 1m30s'),
        (["http", "--timeout", "0s", "http://127.0.0.1/"], 'the duration "0s" is zero'),
        (["http", "--timeout", "99999999999999999999s", "http://127.0.0.1/"],
            'the duration "99999999999999999999s" is longer than a day'),
        (["http", "--timeout", "25h", "http://127.0.0.1/"], 'the duration "25h" is longer than a day'),
        (["http", "https://127.0.0.1/"],
            "speaks no TLS: let the program listen on loopback with http://, or check it with tcp or exec"),
        (["http", "127.0.0.1:80/"], 'cannot read "127.0.0.1:80/": write http://127.0.0.1:8080/healthz'),
        (["http", "http://127.0.0.1/a b"], '"http://127.0.0.1/a b" has a character that no request may have'),
        (["http", "http://127.0.0.1/\r\nX: y"], '"http://127.0.0.1/??X: y" has a character that no request may have'),
        (["http", "http://a:b@127.0.0.1/"],
            'a user name in the URL is not sent: use --header "Authorization: ..."'),
        (["http", "http://example.org/"],
            'names are not looked up: write an address or localhost instead of "example.org"'),
        (["http", "http://[::1/"], 'cannot read "http://[::1/": write [::1]:8080'),
        (["http", "http://127.0.0.1:0/"], 'the port of "http://127.0.0.1:0/" is not one from 1 to 65535'),
        (["http", "http://127.0.0.1:65536/"], 'the port of "http://127.0.0.1:65536/" is not one from 1 to 65535'),
        (["http", "http://127.0.0.1:/"], 'cannot read the port of "http://127.0.0.1:/"'),
        (["http", "http:///"], '"http:///" has no host: write 127.0.0.1:8080'),
        (["http", "--header", "bad header", "http://127.0.0.1/"],
            'cannot read the header "bad header": write "Name: value"'),
        (["http", "--header", "A: b\r\nC: d", "http://127.0.0.1/"],
            'the header "A: b??C: d" has a control character'),
        (["http", "--header", f"A: {'b' * 9000}", "http://127.0.0.1/"],
            "the URL and the headers have more than 8192 bytes together"),
        (["http", "http://127.0.0.1/", "http://127.0.0.1/"],
            'http checks one thing, not also "http://127.0.0.1/"'),
        (["http", "--socket", "run/s", "http://localhost/"],
            'the path of a socket begins with / and has at most 107 bytes: "run/s"'),
        (["tcp", "127.0.0.1"], '"127.0.0.1" has no port: write 127.0.0.1:8080'),
        (["tcp", "127.0.0.1:http"], 'cannot read the port of "127.0.0.1:http"'),
        (["tcp", "::1:80"], 'cannot read the port of "::1:80"'),
        (["grpc", "--service", "x" * 256, "127.0.0.1:1"], "the name of a service has at most 255 bytes"),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_read_ends_with_two(words: list[str], said: str) -> None:
    assert ask(*words) == Verdict(2, f"healthcheck: {said}")


def test_help_and_version_are_well() -> None:
    assert ask("--version") == Verdict(0, "healthcheck 1.0.0")
    assert "usage: healthcheck http" in ask("--help").line


def test_a_verdict_is_one_line_of_bounded_length(tmp_path: Path) -> None:
    verdict = ask("file", "/" + "x" * 5000)
    assert verdict.code == 1
    assert len(verdict.line) == 511


def test_a_verdict_counts_also_when_nobody_reads_it() -> None:
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run([program(), "file", "/"], stdout=full, check=False).returncode == 0
