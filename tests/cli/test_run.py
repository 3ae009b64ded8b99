"""`bareboat run`: options, exit codes, signals and terminals; a sandbox for root and for nobody."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import bareboat
from bareboat.base.platform import architecture
from bareboat.oci.config import Execution
from tests.makers.box import CONFIG, box_layout
from tests.makers.complaint import complaint
from tests.makers.engine import Engine
from tests.makers.image import make_layout
from tests.makers.layers import file, make_image_from, symlink
from tests.makers.program import make_program
from tests.makers.project import Project, empty_project

SOURCE = Path(bareboat.__file__).resolve().parents[1]
NOBODY = 65534
PATIENCE_S = 60


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = empty_project(tmp_path)
    box_layout(project.folder / "out")
    return project


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "bareboat", "run", "out", *words]


@contextmanager
def running(project: Project, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`bareboat run` under way, with pipes; killed at the end if it is still there."""
    environment = {**project.environment, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(
        command(*words), cwd=project.folder, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def ran(project: Project, *words: str, data: bytes = b"") -> tuple[int, bytes, bytes]:
    with running(project, *words) as process:
        out, err = process.communicate(data, timeout=PATIENCE_S)
        return process.returncode, out, err


@pytest.mark.sandbox
def test_the_exit_code_is_the_program_s(project: Project) -> None:
    said = ran(project, "--engine", "sandbox", "--", "echo out; echo err >&2; exit 42")

    assert said == (42, b"out\n", b"err\n")


@pytest.mark.sandbox
def test_every_option_reaches_the_program(project: Project) -> None:
    (project.folder / "data").mkdir()
    (project.folder / "data" / "f").write_text("here\n")
    project.environment["OURS"] = "1"  # type: ignore[index]
    script = "id -u; pwd; echo $COLOUR $OURS; cat /data/f; echo x > /data/g || echo y > /var/g && cat /var/g"

    code, out, _ = ran(
        project, "--engine", "sandbox", "-u", "77", "-w", "/srv", "-e", "COLOUR=red", "-e", "OURS", "-e", "ABSENT",
        "-v", "./data:/data:ro", "--tmpfs", "/var", "box", "--", script,
    )  # fmt: skip

    assert (code, out) == (0, b"77\n/srv\nred 1\nhere\ny\n")


@pytest.mark.sandbox
def test_an_entrypoint_of_ours_and_words_that_look_like_options(project: Project) -> None:
    said = ran(project, "--engine", "sandbox", "--entrypoint", "/bin/busybox", "--", "echo", "--engine", "-t", "--")

    assert said == (0, b"--engine -t --\n", b"")


@pytest.mark.sandbox
def test_standard_input_is_the_program_s_when_asked(project: Project) -> None:
    assert ran(project, "--engine", "sandbox", "-i", "--", "cat", data=b"typed\n")[1] == b"typed\n"
    assert ran(project, "--engine", "sandbox", "--", "cat", data=b"typed\n")[1] == b""


@pytest.mark.sandbox
def test_a_writable_image_is_as_it_was_afterwards(project: Project) -> None:
    script = "echo x >> /srv/motd && cat /srv/motd"

    said = [ran(project, "--engine", "sandbox", "--writable", "-u", "0", "--", script)[1] for _ in range(2)]

    assert said == [b"ahoy\nx\n"] * 2
    assert list(project.cache.glob("tmp/*")) == []


@pytest.mark.sandbox
def test_its_time_can_be_up(project: Project) -> None:
    code, out, err = ran(project, "--engine", "sandbox", "--timeout", "1.5", "--", "echo begun; sleep 100")

    assert (code, out, err) == (124, b"begun\n", b"bareboat: box:latest: ended after 1.5 seconds\n")


@pytest.mark.sandbox
@pytest.mark.parametrize(("name", "code"), [("TERM", 7), ("INT", 8), ("HUP", 9), ("USR1", 10)])
def test_signals_are_passed_on(project: Project, name: str, code: int) -> None:
    traps = "trap 'exit 7' TERM; trap 'exit 8' INT; trap 'exit 9' HUP; trap 'exit 10' USR1"
    script = f"{traps}; echo ready; while :; do usleep 10000; done"
    with running(project, "--engine", "sandbox", "--", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(getattr(signal, f"SIG{name}"))

        assert process.wait(PATIENCE_S) == code


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
@pytest.mark.parametrize(("name", "code"), [("TERM", 7), ("INT", 8)])
def test_signals_reach_a_program_in_docker(project: Project, docker_engine: Engine, name: str, code: int) -> None:
    inside_docker = replace(project, environment={**project.environment, "DOCKER_HOST": docker_engine.address})
    script = "trap 'exit 7' TERM; trap 'exit 8' INT; echo ready; while :; do usleep 10000; done"
    with running(inside_docker, "--", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(getattr(signal, f"SIG{name}"))

        assert process.wait(PATIENCE_S) == code
    assert docker_engine.run("ps", "--all", "--quiet", "--filter", "name=bareboat-run") == ""
    assert docker_engine.run("images", "--quiet", "localhost/bareboat-run") == ""


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_docker_kills_a_program_that_is_asked_twice(project: Project, docker_engine: Engine) -> None:
    """As process 1 of its container it does not hear of SIGTERM at all."""
    inside_docker = replace(project, environment={**project.environment, "DOCKER_HOST": docker_engine.address})
    with running(inside_docker, "--", "echo ready; exec sleep 100") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)

        assert process.wait(PATIENCE_S) in (128 + signal.SIGTERM, 128 + signal.SIGINT)  # whichever came first
    assert docker_engine.run("ps", "--all", "--quiet", "--filter", "name=bareboat-run") == ""


@pytest.mark.sandbox
def test_a_program_that_knows_no_signals_ends_by_them(project: Project) -> None:
    with running(project, "--engine", "sandbox", "--", "echo ready; exec sleep 100") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert list(project.cache.glob("tmp/*")) == []


@pytest.mark.sandbox
def test_the_program_goes_when_we_are_killed(project: Project) -> None:
    with running(project, "--engine", "sandbox", "--", "echo ready; sleep 100") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.kill()

        assert process.stdout.read() == b""  # whoever held the other end has gone


@pytest.mark.sandbox
def test_a_terminal_of_its_own(project: Project) -> None:
    """As large as ours, with keys that make signals; ours is as it was afterwards."""
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "rows", "33", "cols", "77"], stdin=theirs, check=True)
    before = subprocess.run(["stty", "--all"], stdin=theirs, check=True, capture_output=True).stdout
    script = "stty size; trap 'echo caught; exit 5' INT; echo ready; while :; do usleep 10000; done"
    process = subprocess.Popen(
        command("--engine", "sandbox", "--tty", "--", script), cwd=project.folder,
        env={**project.environment, "PYTHONPATH": str(SOURCE)}, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said = _until(ours, b"ready")
        os.write(ours, b"\x03")
        said += _until(ours, b"caught")
        assert process.wait(PATIENCE_S) == 5
    finally:
        process.kill()
        process.wait()
    after = subprocess.run(["stty", "--all"], stdin=theirs, check=True, capture_output=True).stdout
    os.close(ours)
    os.close(theirs)
    assert process.stderr is not None
    process.stderr.close()
    assert b"33 77" in said
    assert after == before


def _until(descriptor: int, word: bytes) -> bytes:
    said = b""
    while word not in said:
        said += os.read(descriptor, 4096)
    return said


def test_no_terminal_is_given_where_there_is_none(project: Project) -> None:
    code, _, err = ran(project, "--engine", "sandbox", "--tty", "--", "true")

    assert code == 2
    assert err == b"bareboat: cannot give a terminal: the standard input is none\nhint: leave out --tty\n"


@pytest.mark.sandbox
def test_json_tells_everything(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    code = project.run("run", "out", "--engine", "sandbox", "--json", "--", "echo out; echo err >&2; exit 3")

    document = json.loads(capfd.readouterr().out)
    assert code == 3
    assert document.pop("engine") == "sandbox"
    assert document.pop("by") in ("unshare", "bubblewrap")
    assert document == {"exit-code": 3, "stdout": "out\n", "stderr": "err\n", "timed-out": False}


@pytest.mark.sandbox
@pytest.mark.parametrize("bwrap", [False, True])
def test_nobody_can_run_it(bwrap: bool) -> None:
    """Without root: the files belong to whom the image says, who is the only one that there is."""
    folder = Path("/tmp") / f"bareboat-nobody-{os.getpid()}-{bwrap}"
    folder.mkdir(mode=0o755)
    try:
        box_layout(folder / "out")
        (folder / "cache").mkdir()
        os.chown(folder / "cache", NOBODY, NOBODY)
        path = "/usr/bin:/bin" if bwrap else str(folder)
        script = "id -u; stat -c %u /srv/motd; echo x > /srv/motd; echo x > /tmp/f && cat /tmp/f"
        environment = {
            "PATH": path, "BAREBOAT_CACHE": str(folder / "cache"), "HOME": "/",
            "PYTHONPATH": ":".join(filter(None, [str(SOURCE), *sys.path])), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        python = sys.executable if _may_run(sys.executable) else "/usr/bin/python3"
        words = [python, "-m", "bareboat", "run", "out", "--engine", "sandbox", "--json", "--", script]
        done = subprocess.run(
            ["/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words],
            cwd=folder, env=environment, capture_output=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        document = json.loads(done.stdout)
        assert document["by"] == ("bubblewrap" if bwrap else "unshare")
        assert document["stdout"] == "65532\n65532\nx\n"
        assert "Read-only file system" in document["stderr"]
        assert list((folder / "cache" / "tmp").iterdir()) == []
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


def _may_run(program: str) -> bool:
    """Whether nobody may run it: its folders may be root's alone."""
    asked = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sh", "-c", '"$0" -c pass', program]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.sandbox
@pytest.mark.emulated
def test_another_architecture_is_emulated(tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    program = make_program(architecture("arm64"), b"from arm64\n")
    items = [file("hello", program, mode=0o755), file("again", b"#!/hello\n", mode=0o755)]
    image = make_image_from(items, architecture="arm64", variant="v8", config=Execution(entrypoint=("/hello",)))
    make_layout(project.folder / "out", {"hello:latest": image})

    assert ran(project, "--arch", "arm64", "--engine", "sandbox") == (0, b"from arm64\n", b"")
    assert ran(project, "--arch", "arm64", "--engine", "sandbox", "--entrypoint", "/again")[1] == b"from arm64\n"


@pytest.mark.sandbox
def test_what_cannot_be_emulated_is_refused_with_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = empty_project(tmp_path, {"PATH": str(tmp_path)})
    image = make_image_from([file("hello", b"", mode=0o755)], architecture="s390x", config=Execution(cmd=("/hello",)))
    make_layout(project.folder / "out", {"hello:latest": image})

    said = complaint(project, capsys, "run", "out", "--engine", "sandbox")

    assert (said.code, said.message) == (
        11, "cannot run programs for s390x on this machine: it has no qemu-s390x-static"
    )
    assert said.hint is not None
    assert "qemu-user-static" in said.hint


@pytest.mark.sandbox
def test_hostile_layers_are_refused_and_leave_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = empty_project(tmp_path)
    image = make_image_from([symlink("a", "/etc"), file("a/passwd", b"evil")], config=CONFIG)
    make_layout(project.folder / "out", {"box:latest": image})

    said = complaint(project, capsys, "run", "out", "--engine", "sandbox", "--", "true")

    assert said.code == 8
    assert list(project.cache.glob("tmp/*")) == []


@pytest.mark.sandbox
def test_links_out_of_the_image_lead_into_it(tmp_path: Path) -> None:
    """A /tmp, a /proc or an /etc/hosts that is a link: what is mounted there stays inside."""
    project = empty_project(tmp_path)
    with TemporaryDirectory(dir="/var/tmp", prefix="outside-") as outside:
        _look_through_links(project, Path(outside))
    assert not Path("/etc/elsewhere").exists()


def _look_through_links(project: Project, outside: Path) -> None:
    box_layout(
        project.folder / "out", symlink("tmp", str(outside)), symlink("etc/hosts", "../../../../etc/elsewhere"),
        symlink("dev", "/../../d"), symlink("data", "/tmp/deeper"),
    )  # fmt: skip

    code, out, err = ran(
        project, "--engine", "sandbox", "-v", f"{project.folder}:/data:ro", "--",
        "echo x > /tmp/f && cat /tmp/f; grep -c localhost /etc/elsewhere; ls /data; test -c /d/null && echo null",
    )  # fmt: skip

    assert (code, out, err) == (0, b"x\n2\nout\nnull\n", b"")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["out", "box", "ls", "--", "x"], 'cannot tell what "ls" is'),
        (["out", "-v", "data", "--", "x"], 'cannot read "data" as a volume'),
        (["out", "-v", "./a:b", "--", "x"], 'cannot read "./a:b" as a volume'),
        (["out", "--json", "-t"], "cannot capture what is interactive"),
        (["out", "bax"], 'out: cannot find the image "bax"'),
        (["out", "--engine", "docker"], "docker: is not running here"),
    ],
)  # fmt: skip
def test_what_was_typed_wrongly_is_told(
    project: Project, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    said = complaint(project, capsys, "run", *words)

    assert said.message == message
    assert said.hint
