"""Passwords in addresses are used and never told: not on the screen, not in the lock, not in what is built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bareboat.store.remembered import Answer
from tests.makers.complaint import complaint
from tests.makers.project import Project
from tests.makers.server import Server
from tests.makers.vendor import CONFIGURATION, DEB, make_vendor

SECRET = "s3cr3t-Passw0rd"
LOGIN = f"hansel:{SECRET}@"
BUILD = ("build", "--frozen")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def with_environment(project: Project, **variables: str) -> Project:
    return Project(project.folder, project.cache, {**project.environment, **variables})


def tells(project: Project, said: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Where the secret stands: on the screen, or in any file of the project and of the store but those named."""
    places = ["the screen"] if SECRET in said else []
    files = [file for folder in (project.folder, project.cache) for file in folder.rglob("*") if file.is_file()]
    return places + [str(file) for file in files if SECRET.encode() in file.read_bytes() and file.name not in but]


@pytest.mark.parametrize("status", [200, 401, 404, 503])
def test_the_password_of_a_source_is_used_and_never_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """netrc(5) is where it belongs; the configuration itself refuses it."""
    answer = Answer(body=DEB if status == 200 else b"", status=status, headers=(("retry-after", "0"),))
    with Server({}) as server:
        vendor = make_vendor(tmp_path, server.url("/vendor"))
        server.pages[vendor.path] = answer
        (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login hansel password {SECRET}\n")
        project = with_environment(vendor.project, NETRC=str(tmp_path / ".netrc"))
        code = project.run(*BUILD)
        assert all(headers["authorization"].startswith("Basic ") for _, headers in server.requests)
    said = "".join(capsys.readouterr())
    assert (code, tells(project, said)) == (0 if status == 200 else 7, [])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_password_in_a_source_is_refused_without_telling_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    vendor = make_vendor(tmp_path, "https://vendor.example/deb")
    vendor.project.write("bareboat.yaml", CONFIGURATION.format(url=f"{scheme}://{LOGIN}vendor.example/deb"))
    said = complaint(vendor.project, capsys, *BUILD)
    assert said.code == 3
    assert tells(vendor.project, f"{said.message} {said.hint}", but=("bareboat.yaml",)) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"BAREBOAT_MIRROR": "http://{login}127.0.0.1:9/debian"},
        {"BAREBOAT_MIRROR": "http://{login}mirror.example/?token=x"},
        {"BAREBOAT_MIRROR": "http://{login}[::1/debian"},
        {"BAREBOAT_MIRROR": "http://127.0.0.1:9/{secret}?token={secret}"},
        {"BAREBOAT_MIRROR": "http://nowhere.invalid/debian", "HTTP_PROXY": "http://{login}127.0.0.1:9"},
        {"BAREBOAT_MIRROR": "http://nowhere.invalid/debian", "HTTP_PROXY": "http://{login}127.0.0.1:port/"},
        {"BAREBOAT_MIRROR": "http://nowhere.invalid/debian", "HTTP_PROXY": "socks9://{login}127.0.0.1:9/"},
    ],
    ids=["mirror that is down", "mirror with a query", "mirror that cannot be read", "token in the query",
         "proxy that is down", "proxy without a port", "proxy of an unknown kind"],
)  # fmt: skip
def test_passwords_of_the_environment_are_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], variables: Mapping[str, str]
) -> None:
    vendor = make_vendor(tmp_path, "https://vendor.example/deb")
    said_by_user = {name: text.format(login=LOGIN, secret="x") for name, text in variables.items()}
    if "{secret}" in variables["BAREBOAT_MIRROR"]:
        said_by_user["BAREBOAT_MIRROR"] = f"http://127.0.0.1:9/debian?token={SECRET}"
    project = with_environment(vendor.project, BAREBOAT_SECURITY_MIRROR=said_by_user["BAREBOAT_MIRROR"], **said_by_user)
    said = complaint(project, capsys, "lock", "static", "--arch", "amd64", "--lock", "other.lock")
    assert said.code in (3, 7)
    assert tells(project, f"{said.message} {said.hint}") == []


def test_a_password_in_a_mirror_gets_into_nothing_that_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server({}) as server:
        vendor = make_vendor(tmp_path, server.url("/vendor"))
        server.pages[vendor.path] = DEB
        project = with_environment(vendor.project, BAREBOAT_MIRROR=server.url("/debian", login=LOGIN))
        assert project.run(*BUILD, "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["images"]
    assert project.run("show", "out", "hello", "--json", "--platform", "amd64") == 0
    assert tells(project, said.out + said.err + "".join(capsys.readouterr())) == []
