"""The verbs that ask a registry, and those that take a reference in the place of a layout."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareboat.store.layout import Layout
from tests.makers.image import make_image, make_layout
from tests.makers.project import Project, empty_project
from tests.makers.registry import Registry
from tests.makers.tampered import make_built_project

IMAGE = make_image([{"etc/hello": b"world\n"}])


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder whose home is its own, without proxies."""
    home = tmp_path / "home"
    home.mkdir()
    return empty_project(tmp_path, {"HOME": str(home), "PATH": "/usr/bin:/bin"})


def config_of(project: Project) -> Path:
    return Path(project.environment["HOME"]) / ".docker" / "config.json"


class Input(io.TextIOWrapper):
    """A standard input with these words, that is no terminal."""

    def __init__(self, text: str) -> None:
        super().__init__(io.BytesIO(text.encode()))


def test_login_tries_keeps_and_logout_forgets(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry(users={"me": "my secret"}, token=True) as registry:
        monkeypatch.setattr(sys, "stdin", Input("my secret\n"))
        assert project.run("login", registry.host, "-u", "me", "--password-stdin") == 0
        said = capsys.readouterr()
        assert said.out == f"logged in to {registry.host} as me; kept in {config_of(project)}\n"
        assert "my secret" not in said.out + said.err
        assert json.loads(config_of(project).read_text()) == {
            "auths": {registry.host: {"auth": base64.b64encode(b"me:my secret").decode()}}
        }

        registry.put("team/app", "1.0", IMAGE)
        assert project.run("tags", f"{registry.host}/team/app") == 0
        assert capsys.readouterr().out == "1.0\n"

        assert project.run("logout", registry.host) == 0
        assert capsys.readouterr().out == f"logged out of {registry.host}\n"
        assert project.run("tags", f"{registry.host}/team/app") == 7
        assert f"hint: run `bareboat login {registry.host}`" in capsys.readouterr().err
        assert project.run("logout", registry.host) == 0
        assert capsys.readouterr().out == f"not logged in to {registry.host}\n"


def test_login_asks_on_a_terminal_and_shows_no_password(project: Project) -> None:
    with Registry(users={"me": "my secret"}) as registry:
        ours, theirs = pty.openpty()
        # The first terminal that a session opens is its own.
        command = ["sh", "-c", 'exec "$@" <$0 >$0 2>&1', os.ttyname(theirs)]
        command += [sys.executable, "-m", "bareboat", "login", registry.host]
        with subprocess.Popen(command, env=dict(project.environment), start_new_session=True) as process:
            said = b""
            for asked, answer in ((b"Username", b"me\n"), (b"Password", b"my secret\n"), (b"logged in", b"")):
                while asked not in said:
                    said += os.read(ours, 1000)
                os.write(ours, answer)
            assert process.wait() == 0
        os.close(ours)
        os.close(theirs)
    assert b"my secret" not in said
    assert registry.host in config_of(project).read_text()


@pytest.mark.parametrize("token", [False, True], ids=["basic", "token"])
def test_a_login_that_is_refused_keeps_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, token: bool
) -> None:
    with Registry(users={"me": "my secret"}, token=token) as registry:
        monkeypatch.setattr(sys, "stdin", Input("wrong secret"))
        assert project.run("login", registry.host, "-u", "me", "--password-stdin") == 7
    said = capsys.readouterr().err
    assert f"{registry.host}: cannot log in: access is denied with the credentials from the command line" in said
    assert "wrong secret" not in said
    assert not config_of(project).exists()


def test_a_login_that_could_not_be_tried_says_so(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Input("pw"))
    assert project.run("login", registry.host, "-u", "me", "--password-stdin", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "registry": registry.host, "username": "me", "checked": False, "kept-in": str(config_of(project)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ghcr.io", "-u", "me"], "cannot ask for a password: this is no terminal"),
        (["ghcr.io", "--password-stdin"], "cannot log in without a user name"),
        (["ghcr.io", "-u", "a:b", "--password-stdin"], "a user name has no colon"),
        (["ghcr.io", "-u", "me", "--password-stdin"], "cannot log in with an empty password"),
        (["ghcr.io/team", "-u", "me", "--password-stdin"], "cannot log in to a part of a registry"),
        (["python3", "-u", "me", "--password-stdin"], 'cannot read "python3" as a registry'),
    ],
)
def test_a_login_that_cannot_be_is_refused(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", Input(""))

    assert project.run("login", *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["-p", "hunter2"], ["--password=hunter2"], ["-p"]])
def test_a_password_on_the_command_line_is_refused_and_not_shown(
    project: Project, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert project.run("login", "ghcr.io", "-u", "me", *words) == 2
    said = capsys.readouterr().err
    assert said.startswith("bareboat: cannot take a password from the command line, where others see it\n")
    assert "--password-stdin" in said
    assert "hunter2" not in said


def test_a_broken_configuration_of_docker_is_told(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    config_of(project).parent.mkdir()
    config_of(project).write_text("{not json")
    with Registry(users={"me": "pw"}) as closed:
        assert project.run("tags", f"{closed.host}/team/app") == 3
    assert f"{config_of(project)}: cannot read as JSON" in capsys.readouterr().err

    registry.put("team/app", "1.0", IMAGE)
    assert project.run("tags", f"{registry.host}/team/app") == 0  # Nobody asked who we are.


def test_tag_gives_further_tags(registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = registry.put("team/app", "1.0", IMAGE)

    assert project.run("tag", f"{registry.host}/team/app:1.0", "latest", "1") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{registry.host}/team/app:latest is {root.digest}", f"{registry.host}/team/app:1 is {root.digest}",
    ]  # fmt: skip
    assert registry.repository("team/app").tags == dict.fromkeys(["1.0", "latest", "1"], str(root.digest))
    assert registry.asked("GET", "/blobs/") == []
    assert project.run("tag", f"{registry.host}/team/app:1.0", "not a tag") == 2


def test_tags_stand_in_the_order_of_their_numbers(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = ["1", "1.2", "1.9", "01.10", "1.10", "latest", "v2", "v10"]
    for tag in tags:
        registry.put("team/app", tag, IMAGE)

    assert project.run("tags", f"{registry.host}/team/app") == 0
    assert capsys.readouterr().out.split() == tags


def test_tags_lists_them_all(registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for tag in ("b", "a", "c"):
        registry.put("team/app", tag, IMAGE)
    registry.faults.page = 2

    assert project.run("tags", f"{registry.host}/team/app", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "repository": f"{registry.host}/team/app", "tags": ["a", "b", "c"],
    }  # fmt: skip
    assert project.run("tags", f"{registry.host}/team/app:a") == 2
    assert project.run("tags", f"{registry.host}/team/none") == 7
    capsys.readouterr()
    assert project.run("tags", "localhost:5071") == 2
    assert capsys.readouterr().err == (
        "bareboat: localhost:5071: cannot list the tags of a registry\nhint: name one: localhost:5071/REPOSITORY\n"
    )


def test_digest_asks_a_registry_once(registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = registry.put("team/app", "1.0", IMAGE)

    assert project.run("digest", f"{registry.host}/team/app:1.0") == 0
    assert capsys.readouterr().out == f"{root.digest}\n"
    assert [str(one) for one in registry.requests] == ["HEAD /v2/team/app/manifests/1.0"]

    assert project.run("digest", f"{registry.host}/team/app:1.0", "--platform", "linux/amd64") == 0
    assert capsys.readouterr().out == f"{IMAGE.descriptor.digest}\n"
    assert project.run("digest", f"{registry.host}/team/app:none") == 7


def test_digest_knows_layouts_too(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    layout = make_layout(project.folder / "out", {"hello:latest": IMAGE})

    for words in (["out"], ["out", "hello"], ["./out", "hello:latest"]):
        assert project.run("digest", *words) == 0
        assert capsys.readouterr().out == f"{layout.images['hello:latest'].digest}\n"
    assert project.run("digest", "out", "hello", "--platform", "amd64", "--json") == 0
    assert json.loads(capsys.readouterr().out)["digest"] == str(IMAGE.descriptor.digest)


def test_delete_takes_a_tag_or_an_image_away(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    root = registry.put("team/app", "1.0", IMAGE)
    registry.repository("team/app").tags["2.0"] = str(root.digest)

    assert project.run("delete", f"{registry.host}/team/app:1.0") == 0
    assert capsys.readouterr().out == f"{registry.host}/team/app:1.0 was deleted\n"
    assert list(registry.repository("team/app").tags) == ["2.0"]
    assert project.run("delete", f"{registry.host}/team/app@{root.digest}") == 0
    assert registry.repository("team/app").tags == {}
    assert project.run("delete", f"{registry.host}/team/app") == 2
    registry.put("team/app", "1.0", IMAGE)
    registry.faults.no_delete = True
    assert project.run("delete", f"{registry.host}/team/app:1.0") == 7
    assert "the registry does not allow it" in capsys.readouterr().err


def test_verbs_take_a_reference_for_a_layout(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.put("team/app", "1.0", IMAGE)
    reference = f"{registry.host}/team/app:1.0"

    assert project.run("show", reference, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert project.run("show", reference, "--json", "--arch", "amd64") == 0
    assert json.loads(capsys.readouterr().out) == shown
    assert project.run("show", reference, "--arch", "s390x") == 2
    assert project.run("export", reference, "root", "--platform", "amd64") == 0
    assert (project.folder / "root/etc/hello").read_text() == "world\n"
    assert project.run("check", reference, "--fail-on", "never") == 0
    capsys.readouterr()
    assert project.run("why", reference, "/etc/hello", "--platform", "amd64") in (0, 1)
    fetched = registry.asked("GET", "/blobs/")
    assert len(fetched) == len({one.target for one in fetched})  # each blob once, by all of them together


def test_an_image_of_a_registry_is_made_again(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_built_project(tmp_path)
    layout = Layout.at(project.folder / "out")
    registry.take("team/hello", "latest", layout.images["hello:latest"], layout)
    reference = f"{registry.host}/team/hello:latest"

    assert project.run("reproduce", reference) == 0
    assert capsys.readouterr().out.splitlines()[0] == "hello:latest  amd64  same"
    assert project.run("reproduce", reference, "--offline") == 7
    assert "the network is switched off" in capsys.readouterr().err


def test_an_image_that_has_another_name_in_a_registry_is_made_again_under_its_own(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_built_project(tmp_path)
    layout = Layout.at(project.folder / "out")
    registry.take("team/hello", "1.2", layout.images["hello:latest"], layout)
    reference = f"{registry.host}/team/hello:1.2"

    assert project.run("reproduce", reference) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "hello:1.2  amd64  not compared: neither the catalogue nor the configuration has it"
    ]
    pull = f"bareboat pull {reference} --out theirs --name hello:latest"
    assert said.err == (
        f"bareboat: {reference}: not reproduced: 1 of 1 image\n"
        "hint: images are matched by the names that their build gave them: if that was hello:latest, "
        f"`{pull}`, then `bareboat reproduce theirs`\n"
    )
    assert project.run(*pull.split()[1:]) == 0
    assert project.run("reproduce", "theirs") == 0


def test_a_word_that_is_neither_path_nor_reference_keeps_its_error(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("show", "nothing") == 2
    assert "reference" not in capsys.readouterr().err
    assert project.run("show", "team/nothing:1") == 2
    said = capsys.readouterr().err
    assert "team/nothing:1: there is nothing" in said
    assert "or a reference that names its registry, such as docker.io/library/debian:13" in said


def test_a_mirror_is_read_first(registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = registry.put("team/app", "1.0", IMAGE)

    assert project.run("digest", "registry.invalid/team/app:1.0", "--mirror", f"registry.invalid={registry.host}") == 0
    assert capsys.readouterr().out == f"{root.digest}\n"
    assert project.run("digest", "registry.invalid/team/app:1.0", "--mirror", "nonsense") == 2


def test_the_mirrors_of_this_machine_are_read(
    registry: Registry, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    root = registry.put("cache/team/app", "1.0", IMAGE)
    file = Path(project.environment["HOME"]) / ".config/containers/registries.conf"
    file.parent.mkdir(parents=True)
    file.write_text(
        f'[[registry]]\nlocation = "registry.invalid"\n[[registry.mirror]]\nlocation = "{registry.host}/cache"\n'
        '[[registry]]\nprefix = "bad.invalid"\nblocked = true\n'
    )

    assert project.run("digest", "registry.invalid/team/app:1.0") == 0
    assert capsys.readouterr().out == f"{root.digest}\n"
    assert project.run("digest", "bad.invalid/team/app:1.0") == 2
    assert '"bad.invalid" is blocked' in capsys.readouterr().err


@pytest.mark.parametrize("host", ["", "a/b", "me:pw@host"])
def test_insecure_names_a_registry(project: Project, capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert project.run("tags", "registry.invalid/team/app", "--insecure", host) == 2
    assert "--insecure: cannot read" in capsys.readouterr().err
