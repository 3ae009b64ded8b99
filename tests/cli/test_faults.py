"""Bad input at the door: a clear error with its exit code and what to type next, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.makers.archive import make_archive
from tests.makers.deb import make_deb
from tests.makers.project import Project, empty_project, make_project

HELLO = "images:\n  hello: {from: scratch, packages: [hello], architectures: [amd64]}\n"


def said(project: Project, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code, and what was said on the standard error."""
    code = project.run(*arguments)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["biuld"], 2, 'there is no verb "biuld"', 'did you mean "build"?'),
        (["build"], 2, "nothing to do: there is no bareboat.yaml here, and no image was named",
         "name an image, such as python3, or --all for the whole catalogue"),
        (["build", "pyton3"], 2, 'unknown image "pyton3"', 'did you mean "python3"?'),
        (["build", "python3:debgu"], 2, 'unknown variant "debgu" in "python3:debgu"', 'did you mean "debug"?'),
        (["build", "static", "--arch", "amd46"], 2, 'unknown architecture "amd46"', 'did you mean "amd64"?'),
        (["build", "nodejs22", "--arch", "riscv64"], 2, "nodejs22-debian13 is not built for riscv64",
         "it is for amd64, arm64"),
        (["build", "java17"], 2, 'there is no "java17" for debian13', "write java17-debian12"),
        (["build", "static", "--frozen"], 4, "there is no bareboat.lock, and --frozen lets nobody make one",
         "run `bareboat lock`"),
        (["build", "-f", "absent.yaml"], 3, 'cannot read "absent.yaml": No such file or directory', None),
        (["build", "static", "--out", "-"], 2, "cannot write images to the standard output",
         "--out takes a folder, or with --format oci-archive a file; `bareboat export` writes a tar stream"),
        (["show", "absent"], 2, "absent: there is nothing", "give the folder that `bareboat build` wrote"),
        (["why", "absent", "x", "y"], 2, "absent: there is nothing", "give the folder that `bareboat build` wrote"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str,
    hint: str | None,
) -> None:  # fmt: skip
    project = empty_project(tmp_path)

    expected = f"bareboat: {message}\n" + (f"hint: {hint}\n" if hint else "")
    assert said(project, capsys, *arguments) == (code, expected)


def test_every_fault_of_a_configuration_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = empty_project(tmp_path)
    project.write("bareboat.yaml", "images:\n  a: {form: python3}\n  b: {from: pyton3, packages: ['x (>> )']}\n")

    code, error = said(project, capsys, "build")

    assert code == 3
    assert error.splitlines()[0].startswith('bareboat: cannot use "bareboat.yaml": ')
    assert [line.split(": ")[0].strip() for line in error.splitlines()[1:]] == sorted(
        line.split(": ")[0].strip() for line in error.splitlines()[1:]
    )
    assert 'did you mean "from"?' in error
    assert 'did you mean "python3"?' in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< ours\n", "bareboat.lock:1: has conflict marks of a merge"),
        ("nonsense", "bareboat.lock: cannot read as JSON"),
        ('{"bareboat-lock": 99}', "bareboat.lock: is of version 99, and this bareboat reads version 1"),
    ],
)
def test_a_lock_that_cannot_be_used_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello")])
    lock = project.write("bareboat.lock", text)

    code, error = said(project, capsys, "build", "--offline")

    assert (code, message in error) == (4, True)
    assert lock.read_text() == text


def test_a_file_that_is_no_lock_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello")])
    notes = project.write("NOTES.md", "what nobody else has")

    for verb in ("lock", "build"):
        code, error = said(project, capsys, verb, "--offline", "--lock", "NOTES.md")

        assert (code, error.splitlines()[0]) == (4, "bareboat: NOTES.md: is no lock")
    assert notes.read_text() == "what nobody else has"


def test_a_stale_lock_is_refused_when_frozen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello"), make_deb("extra")])
    project.write("bareboat.yaml", HELLO.replace("[hello]", "[hello, extra]"))

    code, error = said(project, capsys, "build", "--frozen", "--offline")

    assert (code, "does not answer what is wished for now: hello" in error) == (4, True)


def test_a_missing_package_is_named_when_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello")])
    for blob in (project.cache / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()

    code, error = said(project, capsys, "build", "--frozen", "--offline")

    assert code == 7
    assert "hello" in error


def damage(cache: Path, content: bytes) -> None:
    """Put other bytes of the same length under the digest of `content`, and forget what was derived from them."""
    for blob in [path for path in (cache / "blobs").rglob("*") if path.is_file() and path.read_bytes() == content]:
        blob.chmod(0o644)
        blob.write_bytes(content[:-20] + b"x" * 20)


def test_a_package_that_was_changed_in_the_store_is_never_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deb = make_deb("hello")
    project = make_project(tmp_path, HELLO, [deb])
    damage(project.cache, deb)

    code, error = said(project, capsys, "build", "--frozen", "--offline")

    assert code == 7
    assert "was damaged: 1 blobs were removed" in error
    assert not (project.folder / "out").exists()


def test_a_damaged_layer_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello")])
    assert project.run("build", "--frozen", "--offline", "--out", "one") == 0
    capsys.readouterr()
    layers = [path for path in (project.folder / "one/blobs/sha256").iterdir() if path.read_bytes()[:2] == b"\x1f\x8b"]
    for layer in layers:
        damage(project.cache, layer.read_bytes())

    code, error = said(project, capsys, "build", "--frozen", "--offline", "--out", "two")

    assert (code, "was damaged" in error) == (0, True)
    assert (project.folder / "two/index.json").read_bytes() == (project.folder / "one/index.json").read_bytes()


def test_an_archive_signed_by_a_stranger_is_not_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = make_archive([make_deb("base-files")])
    archive.write(tmp_path / "mirror")
    project = empty_project(tmp_path, {"BAREBOAT_MIRROR": f"file://{tmp_path}/mirror"})

    code, error = said(project, capsys, "build", "static", "--arch", "amd64")

    assert code == 6
    assert "cannot trust the signature" in error
    assert not (project.folder / "out").exists()
    assert not (project.folder / "bareboat.lock").exists()


def test_a_network_that_is_down_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed = "http://127.0.0.1:9/debian"
    project = empty_project(tmp_path, {"BAREBOAT_MIRROR": closed, "BAREBOAT_SECURITY_MIRROR": closed})

    code, error = said(project, capsys, "lock", "static", "--offline")

    assert code == 7
    assert "Traceback" not in error


def test_a_reader_that_goes_away_is_no_error_of_ours(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "bareboat", "catalog"]

    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_output_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bareboat", "catalog"], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            cwd=tmp_path,
        )  # fmt: skip

    assert done.returncode == 10
    assert done.stderr == "bareboat: cannot write what was to be said: No space left on device\n"


def test_the_output_is_never_half_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello")])
    project.write("out/precious.txt", "keep me")

    code, error = said(project, capsys, "build", "--frozen", "--offline")

    assert code == 2
    assert "is no OCI image layout and not empty" in error
    assert (project.folder / "out/precious.txt").read_text() == "keep me"


def test_a_defect_of_ours_is_no_traceback_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bareboat.plan.desk import Desk

    monkeypatch.setattr(Desk, "at", lambda *_: 1 / 0)
    project = empty_project(tmp_path)

    code, error = said(project, capsys, "build", "static")

    assert (code, error.splitlines()[0]) == (70, "bareboat: internal error: ZeroDivisionError: division by zero")
