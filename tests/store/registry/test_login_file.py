"""Docker's configuration, podman's auth.json, credential helpers and netrc."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from bareboat.base.errors import ConfigurationError, StoreError, UsageError
from bareboat.store.registry.credential_helper import Helper
from bareboat.store.registry.credentials import Credentials
from bareboat.store.registry.keychain import Netrc, machine_keychain
from bareboat.store.registry.login_file import LoginFile, docker_file, podman_files


def auth(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def written(folder: Path, document: object, name: str = "config.json") -> LoginFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return LoginFile(path)


def found(file: LoginFile, registry: str, repository: str = "team/app") -> tuple[str, str] | None:
    credentials = file.find(registry, repository)
    return None if credentials is None else (credentials.username, credentials.password)


HUB, EX = "https://index.docker.io/v1/", "registry.example"

AUTHS = [
    pytest.param({"registry.example": {"auth": auth("me", "pw")}}, EX, ("me", "pw"), id="a host"),
    pytest.param({"https://registry.example": {"auth": auth("me", "pw")}}, EX, ("me", "pw"), id="an address"),
    pytest.param({"https://registry.example/v2/": {"auth": auth("me", "p")}}, EX, ("me", "p"), id="/v2/"),
    pytest.param({"registry.example": {"auth": auth("me", "p:w")}}, EX, ("me", "p:w"), id="a colon"),
    pytest.param({"registry.example": {"username": "me", "password": "pw"}}, EX, ("me", "pw"), id="plain"),
    pytest.param({"registry.example:5000": {"auth": auth("me", "pw")}}, EX, None, id="another port"),
    pytest.param({"other.example": {"auth": auth("me", "pw")}}, EX, None, id="another host"),
    pytest.param({"evil-registry.example": {"auth": auth("me", "pw")}}, EX, None, id="a longer host"),
    pytest.param({HUB: {"auth": auth("me", "pw")}}, "docker.io", ("me", "pw"), id="Docker Hub"),
    pytest.param({"docker.io": {"auth": auth("me", "pw")}}, "docker.io", ("me", "pw"), id="podman's Docker Hub"),
    pytest.param({"registry.example": {}}, EX, None, id="an empty entry"),
    pytest.param(
        {"registry.example": {"auth": auth("me", "wide")}, "registry.example/team": {"auth": auth("us", "narrow")}},
        "registry.example", ("us", "narrow"), id="podman's narrower entry",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("auths", "registry", "expected"), AUTHS)
def test_the_entry_of_a_registry_is_found(
    tmp_path: Path, auths: object, registry: str, expected: tuple[str, str] | None
) -> None:
    assert found(written(tmp_path, {"auths": auths}), registry) == expected


def test_tokens_are_read(tmp_path: Path) -> None:
    file = written(tmp_path, {"auths": {"a.example": {"auth": auth("<token>", ""), "identitytoken": "i"},
                                        "b.example": {"registrytoken": "r"}}})  # fmt: skip

    a, b = file.find("a.example", ""), file.find("b.example", "")
    assert a is not None
    assert b is not None
    assert (a.identity_token, b.registry_token) == ("i", "r")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{not json", "config.json: cannot read as JSON"),
        ("[]", "must be a mapping, not a list"),
        ('{"auths": []}', "auths must be a mapping"),
        ('{"auths": {"registry.example": "secret"}}', "registry.example must be a mapping"),
        ('{"auths": {"registry.example": {"auth": "s3cret!"}}}', "auth is no base64 of user:password"),
        ('{"auths": {"registry.example": {"auth": "czNjcmV0"}}}', "auth is no base64 of user:password"),
        ('{"credHelpers": {"registry.example": 1}}', "credHelpers must be a mapping of texts"),
        ('{"credsStore": "../../evil"}', 'cannot use "../../evil" as the name of a credential helper'),
        ('{"auths":' * 6000, "nested too deeply|cannot read as JSON"),
    ],
)
def test_a_broken_file_is_an_error_without_its_secrets(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((ConfigurationError, UsageError), match=said) as caught:
        written(tmp_path, text).find("registry.example", "")
    assert "s3cret" not in str(caught.value)


def test_no_file_and_an_empty_one_know_nobody(tmp_path: Path) -> None:
    assert LoginFile(tmp_path / "none" / "config.json").find("registry.example", "") is None
    assert written(tmp_path, "").find("registry.example", "") is None


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential helper called `test` that keeps passwords as files; returns their folder."""
    folder = tmp_path / "kept"
    folder.mkdir()
    program(
        tmp_path, monkeypatch, "test",
        f"""
        cd {folder}
        case "$1" in
            get) read -r server; f=$(echo "$server" | tr -c 'a-z.\\n' _)
                 [ -f "$f" ] && cat "$f" || {{ echo "credentials not found in native keychain"; exit 1; }} ;;
            store) cat > new; f=$(sed 's/.*"ServerURL": "\\([^"]*\\)".*/\\1/' new | tr -c 'a-z.\\n' _); mv new "$f" ;;
            erase) read -r server; rm -f "$(echo "$server" | tr -c 'a-z.\\n' _)" ;;
        esac
        """,
    )  # fmt: skip
    return folder


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """A program `docker-credential-NAME` that can be found."""
    place = folder / "bin" / f"docker-credential-{name}"
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}")
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")


@pytest.mark.parametrize("document", [{"credsStore": "test"}, {"credHelpers": {"registry.example": "test"}}])
def test_a_helper_keeps_gives_and_forgets(tmp_path: Path, helper: Path, document: object) -> None:
    file = written(tmp_path, document)

    assert found(file, "registry.example") is None
    assert "credential helper" in file.keep("registry.example", Credentials(username="me", password="pw"))
    assert found(file, "registry.example") == ("me", "pw")
    assert json.loads(file.path.read_text()) == document
    assert file.forget("registry.example")
    assert (found(file, "registry.example"), list(helper.iterdir())) == (None, [])
    assert not file.forget("registry.example")


def test_a_helper_knows_docker_hub_by_dockers_name(tmp_path: Path, helper: Path) -> None:
    file = written(tmp_path, {"credsStore": "test"})

    file.keep("docker.io", Credentials(username="me", password="pw"))
    assert found(file, "docker.io", "library/debian") == ("me", "pw")
    (kept,) = helper.iterdir()
    assert json.loads(kept.read_text())["ServerURL"] == HUB


def test_what_a_helper_does_not_know_is_looked_for_in_the_file(tmp_path: Path, helper: Path) -> None:
    file = written(tmp_path, {"credsStore": "test", "auths": {"registry.example": {"auth": auth("me", "pw")}}})

    assert found(file, "registry.example") == ("me", "pw")


def test_a_helper_gives_identity_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "id", """echo '{"Username": "<token>", "Secret": "i"}'""")

    credentials = Helper("id", "config.json").get("registry.example")
    assert credentials is not None
    assert (credentials.identity_token, credentials.password) == ("i", "")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exec sleep 600", "did not answer within 0.2 seconds"),
        ("sleep 600; echo", "did not answer within 0.2 seconds"),
        ("echo 's3cret garbage'", "answers what is no answer of a credential helper"),
        ("echo '[]'", "answers what is no answer of a credential helper"),
        ("echo '{\"Username\": \"me\"}'", "answers what is no answer of a credential helper"),
        ("head -c 3000000 /dev/zero", "answers what is no answer of a credential helper"),
        ("echo 'the keyring is locked'; exit 3", r"failed to get \(3\): the keyring is locked"),
        ("exit 1", r"failed to get \(1\)"),
    ],
)
def test_a_broken_helper_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    program(tmp_path, monkeypatch, "broken", script)

    with pytest.raises(UsageError, match=f'the credential helper "docker-credential-broken" {said}') as caught:
        Helper("broken", "config.json", timeout_s=0.2).get("registry.example")
    assert "s3cret" not in str(caught.value)
    assert caught.value.hint == "it is named in config.json"


def test_a_helper_that_is_not_installed_is_named_with_its_file(tmp_path: Path) -> None:
    file = written(tmp_path, {"credsStore": "nowhere"})

    with pytest.raises(UsageError, match=r'config\.json: names the credential helper "docker-credential-nowhere"'):
        file.find("registry.example", "")


def test_what_is_kept_is_what_docker_writes_for_its_owner_alone(tmp_path: Path) -> None:
    file = LoginFile(tmp_path / "new" / "config.json")

    assert file.keep("registry.example", Credentials(username="me", password="pw")) == str(file.path)
    file.keep("docker.io", Credentials(username="me", password="hub"))

    assert json.loads(file.path.read_text()) == {
        "auths": {"registry.example": {"auth": auth("me", "pw")}, HUB: {"auth": auth("me", "hub")}}
    }
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [one.name for one in file.path.parent.iterdir()] == ["config.json"]


def test_all_else_in_the_file_stays(tmp_path: Path) -> None:
    other = {"auths": {"other.example": {"auth": auth("you", "pw"), "email": "x"}}, "psFormat": "{{.ID}}", "new": [1]}
    file = written(tmp_path, other)

    file.keep("registry.example", Credentials(username="me", password="pw"))
    assert file.forget("registry.example")
    assert json.loads(file.path.read_text()) == other


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    target = written(tmp_path / "dotfiles", {}).path
    link = tmp_path / "config.json"
    link.symlink_to(target)

    LoginFile(link).keep("registry.example", Credentials(username="me", password="pw"))
    assert link.is_symlink()
    assert "registry.example" in target.read_text()


def test_a_file_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    file = written(tmp_path, "{not json")

    with pytest.raises(ConfigurationError):
        file.keep("registry.example", Credentials(username="me", password="pw"))
    assert file.path.read_text() == "{not json"


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot write"):
        LoginFile(tmp_path / "file" / "config.json").keep("registry.example", Credentials(username="me", password="pw"))


def test_places_are_dockers_and_podmans(tmp_path: Path) -> None:
    assert docker_file({"DOCKER_CONFIG": "/d", "HOME": "/h"}) == Path("/d/config.json")
    assert docker_file({"HOME": "/h"}) == Path("/h/.docker/config.json")
    assert podman_files({"REGISTRY_AUTH_FILE": "/r", "HOME": "/h"}) == (Path("/r"),)
    assert podman_files({"XDG_RUNTIME_DIR": "/run/me", "HOME": "/h"}) == (
        Path("/run/me/containers/auth.json"), Path("/h/.config/containers/auth.json"),
    )  # fmt: skip
    with pytest.raises(UsageError, match="there is no HOME"):
        docker_file({})


def test_dockers_file_comes_first_and_netrc_last(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    (tmp_path / ".netrc").write_text("machine registry.example login net password rc\n")
    (tmp_path / ".netrc").chmod(0o600)
    keychain = machine_keychain(environment)

    def user() -> str | None:
        credentials = keychain.find("registry.example", "team/app")
        return None if credentials is None else credentials.username

    assert user() == "net"
    written(tmp_path / "run" / "containers", {"auths": {"registry.example": {"auth": auth("pod", "p")}}}, "auth.json")
    assert user() == "pod"
    written(tmp_path / ".docker", {"auths": {"registry.example": {"auth": auth("doc", "p")}}})
    assert user() == "doc"


@pytest.mark.parametrize(
    ("text", "registry", "expected"),
    [
        ("machine registry.example login me password pw\n", "registry.example", ("me", "pw")),
        ("machine registry.example login me password pw\n", "registry.example:5000", ("me", "pw")),
        ("machine registry.example:5000 login me password pw\n", "registry.example", None),
        ("default login me password pw\n", "registry.example", None),
    ],
)
def test_netrc_is_for_hosts_that_it_names(
    tmp_path: Path, text: str, registry: str, expected: tuple[str, str] | None
) -> None:
    (tmp_path / "netrc").write_text(text)
    credentials = Netrc(tmp_path / "netrc").find(registry, "")

    assert (None if credentials is None else (credentials.username, credentials.password)) == expected


def test_a_broken_netrc_is_an_error_without_its_words(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine registry.example s3cret\n")

    with pytest.raises(ConfigurationError, match="netrc: cannot read as logins") as caught:
        Netrc(tmp_path / "netrc").find("registry.example", "")
    assert "s3cret" not in str(caught.value)
