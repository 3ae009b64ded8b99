"""Every runner keeps the same promises: one table of claims, asked of each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.errors import LimitError, UsageError
from bareboat.base.platform import architecture
from bareboat.oci.config import Execution
from bareboat.ship.engines.docker import Docker
from bareboat.ship.engines.engine import Surroundings
from bareboat.ship.engines.podman import Podman
from bareboat.ship.running.runner import TIMED_OUT, Mount, Outcome, Runner
from bareboat.ship.sandbox.bubblewrap import Bubblewrap
from bareboat.ship.sandbox.sandbox import Sandbox
from bareboat.ship.sandbox.unshare import Unshare
from bareboat.store.layout import Layout
from tests.makers.box import CONFIG, box_layout, order_of, shell, variables
from tests.makers.engine import podman_environment
from tests.makers.layers import file, folder
from tests.makers.program import here

HOST = architecture(os.uname().machine)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("unshare", marks=pytest.mark.sandbox),
        pytest.param("bubblewrap", marks=pytest.mark.sandbox),
        pytest.param("docker", marks=[pytest.mark.engine, pytest.mark.xdist_group("catalogue")]),
        pytest.param("podman", marks=[pytest.mark.engine, pytest.mark.xdist_group("podman")]),
    ],
)
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made: Runner | None
    if request.param == "docker":
        address = request.getfixturevalue("docker_engine").address
        made = Docker(Surroundings(env={**os.environ, "DOCKER_HOST": address}, find=here)).runner()
        assert made is not None
    elif request.param == "podman":
        env = podman_environment(tmp_path_factory.mktemp("podman"))
        made = Podman(Surroundings(env=env, find=here)).runner()
    else:
        adapter = Unshare() if request.param == "unshare" else Bubblewrap(here("bwrap") or "bwrap")
        made = Sandbox(adapter, tmp_path_factory.mktemp("corner"), HOST)
    with closing(made):
        yield made


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return box_layout(tmp_path_factory.mktemp("images"))


def test_output_error_and_exit_code_are_told_apart(runner: Runner, layout: Layout) -> None:
    said = runner.run(shell(layout, "echo out; echo err >&2; exit 7"))

    assert said == Outcome(exit_code=7, stdout=b"out\n", stderr=b"err\n")


def test_the_image_says_what_runs_when_nobody_else_does(runner: Runner, layout: Layout) -> None:
    assert runner.run(order_of(layout)).stdout == b"its own arguments\n"


def test_an_entrypoint_takes_the_place_of_the_image_s_and_of_its_arguments(runner: Runner, layout: Layout) -> None:
    assert runner.run(order_of(layout, entrypoint=("/bin/busybox", "echo"))).stdout == b"\n"
    assert runner.run(order_of(layout, "x y", "z", entrypoint=("/bin/busybox", "echo"))).stdout == b"x y z\n"
    assert runner.run(order_of(layout, "/bin/busybox", "echo", "none", entrypoint=())).stdout == b"none\n"


def test_a_program_is_found_by_path(runner: Runner, layout: Layout) -> None:
    assert runner.run(order_of(layout, "-c", "echo $0", entrypoint=("sh",))).stdout.rpartition(b"/")[2] == b"sh\n"


def test_a_script_runs_by_its_interpreter(runner: Runner, layout: Layout) -> None:
    assert runner.run(order_of(layout, "one", entrypoint=("/srv/script",))).stdout == b"script /srv/script one\n"


def test_the_environment_is_the_image_s_with_ours_over_it_and_nothing_of_this_machine(
    runner: Runner, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "1")
    said = variables(runner.run(shell(layout, "env", env={"COLOUR": "green\tand blue", "NEW": "a=b"})).stdout)

    expected = {"PATH": "/bin", "COLOUR": "green\tand blue", "SIZE": "7", "NEW": "a=b", "HOME": "/home/nonroot"}
    assert {name: said[name] for name in expected} == expected
    assert set(said) - set(expected) <= {"HOSTNAME", "PWD", "SHLVL", "TERM", "container"}


@pytest.mark.parametrize(("workdir", "expected"), [(None, b"/home/nonroot\n"), ("/srv", b"/srv\n")])
def test_it_starts_where_it_should(runner: Runner, layout: Layout, workdir: str | None, expected: bytes) -> None:
    assert runner.run(shell(layout, "pwd", workdir=workdir)).stdout == expected


def test_a_folder_to_start_in_is_made_but_by_podman(runner: Runner, layout: Layout) -> None:
    try:
        said = runner.run(shell(layout, "pwd", workdir="/a/b")).stdout
    except UsageError as refused:
        said = refused.message.encode()
    assert said == b"/a/b\n" or (runner.name == "podman" and b'"/a/b" does not exist' in said)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (None, b"65532 65532\n"), ("root", b"0 0\n"), ("0:50", b"0 50\n"), ("1234:staff", b"1234 50\n"),
        ("77", b"77 0\n"),
    ],
)
def test_it_runs_as_whom_it_should(runner: Runner, layout: Layout, user: str | None, expected: bytes) -> None:
    assert runner.run(shell(layout, "echo $(id -u) $(id -g)", user=user)).stdout == expected


def test_the_image_s_files_refuse_to_be_written_to(runner: Runner, layout: Layout) -> None:
    said = runner.run(shell(layout, "echo x > /srv/motd || echo x > /new || cat /srv/motd", user="root"))

    assert said.stdout == b"ahoy\n"
    assert said.stderr.count(b"Read-only file system") == 2


def test_tmp_takes_files_that_go_with_the_program(runner: Runner, layout: Layout) -> None:
    put = "ls /tmp; echo x > /tmp/f && chmod 755 /tmp/f && cat /tmp/f"

    assert [runner.run(shell(layout, put)).stdout for _ in range(2)] == [b"x\n", b"x\n"]


def test_programs_may_be_run_from_tmp(runner: Runner, layout: Layout) -> None:
    """As libraries that Java and Node.js unpack there are."""
    script = "cp /bin/busybox /tmp/busybox && /tmp/busybox echo it runs"

    assert runner.run(shell(layout, script)).stdout == b"it runs\n"


def test_further_folders_take_files_when_asked(runner: Runner, layout: Layout) -> None:
    said = runner.run(shell(layout, "echo x > /var/f && cat /var/f", tmpfs=("/tmp", "/var")))

    assert said.stdout == b"x\n"


def test_a_writable_image_takes_changes_that_go_with_the_program(runner: Runner, layout: Layout) -> None:
    script = "echo more >> /srv/motd && cat /srv/motd && rm /srv/plain && ls /srv"
    said = [runner.run(shell(layout, script, user="root", writable=True)).stdout for _ in range(2)]

    assert said == [b"ahoy\nmore\nmotd\nscript\n"] * 2
    assert runner.run(shell(layout, "cat /srv/motd")).stdout == b"ahoy\n"


def test_programs_in_turn_see_what_those_before_them_left(runner: Runner, layout: Layout) -> None:
    scripts = ("echo 1 > /root/f; exit 3", "cat /root/f", "rm /root/f", "ls /root")
    said = runner.run_in_turn([shell(layout, script, user="root") for script in scripts])

    assert [(outcome.exit_code, outcome.stdout) for outcome in said] == [(3, b""), (0, b"1\n"), (0, b""), (0, b"")]
    assert runner.run(shell(layout, "ls /root", user="root")).stdout == b""


def test_programs_of_several_images_do_not_run_in_turn(runner: Runner, layout: Layout, tmp_path: Path) -> None:
    other = box_layout(tmp_path, file("other"))

    with pytest.raises(UsageError, match="several images"):
        runner.run_in_turn([shell(layout, "true"), shell(other, "true")])


def test_there_is_no_network_but_a_loopback(runner: Runner, layout: Layout) -> None:
    script = "ls /sys/class/net 2>/dev/null || sed -n 's/: .*//p' /proc/net/dev"

    assert runner.run(shell(layout, script)).stdout.split() == [b"lo"]


def test_the_loopback_is_up_and_has_a_name(runner: Runner, layout: Layout) -> None:
    """The server reads nothing, for whoever has nothing to read hangs up before the other has spoken."""
    serve = "nc -l -p 8080 -e echo hi &"
    ask = "until nc localhost 8080 2>/dev/null; do usleep 10000; done"

    assert runner.run(shell(layout, f"{serve} {ask}")).stdout == b"hi\n"


def test_what_it_reads_is_what_the_order_says(runner: Runner, layout: Layout) -> None:
    assert runner.run(shell(layout, "cat; echo end")).stdout == b"end\n"
    assert runner.run(shell(layout, "wc -c", stdin=bytes(500_000))).stdout == b"500000\n"
    assert runner.run(shell(layout, "true", stdin=bytes(500_000))).exit_code == 0


def test_its_output_can_be_opened_by_its_name(runner: Runner, layout: Layout) -> None:
    """As programs do whose log is told to be /dev/stdout."""
    said = runner.run(shell(layout, "id -u; echo out > /dev/stdout; echo err > /dev/stderr"))

    assert (said.stdout, said.stderr) == (b"65532\nout\n", b"err\n")


def test_its_time_can_be_up(runner: Runner, layout: Layout) -> None:
    said = runner.run(shell(layout, "echo begun; trap '' TERM; sleep 100", timeout_s=2))

    assert said == Outcome(exit_code=TIMED_OUT, stdout=b"begun\n", timed_out=True)


def test_a_signal_is_told_by_the_exit_code(runner: Runner, layout: Layout) -> None:
    assert runner.run(shell(layout, "sh -c 'kill -USR1 $$'; exit $?")).exit_code == 128 + 10


def test_output_has_a_limit(runner: Runner, layout: Layout) -> None:
    with pytest.raises(LimitError, match="box: cannot take in the output: it has more than 1 MiB"):
        runner.run(shell(layout, "yes", most_output_bytes=1024 * 1024))


def test_a_mount_is_seen_and_changed_unless_it_is_read_only(runner: Runner, layout: Layout, tmp_path: Path) -> None:
    place = tmp_path / "a, b"
    place.mkdir()
    place.chmod(0o777)
    (place / "f").write_text("here\n")
    script = "cat /data/f; echo new > /data/g"

    refused = runner.run(shell(layout, script, mounts=(Mount(source=place, target="/data", read_only=True),)))
    taken = runner.run(shell(layout, script, user="root", mounts=(Mount(source=place, target="/data"),)))
    one = runner.run(shell(layout, "cat /etc/motd", mounts=(Mount(source=place / "f", target="/etc/motd"),)))

    assert (refused.exit_code, refused.stdout) == (1, b"here\n")
    assert (taken.exit_code, (place / "g").read_text()) == (0, "new\n")
    assert one.stdout == b"here\n"


def test_what_is_not_there_cannot_be_mounted(runner: Runner, layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: cannot mount: there is nothing"):
        runner.run(shell(layout, "true", mounts=(Mount(source=tmp_path / "nowhere", target="/data"),)))


@pytest.mark.parametrize("program", ["/bin/nothing", "nothing", "/srv/plain", "/srv"])
def test_what_is_no_program_is_refused(runner: Runner, layout: Layout, program: str) -> None:
    with pytest.raises(UsageError, match=rf'^box: cannot (run|start|find the program) "{program}"'):
        runner.run(order_of(layout, entrypoint=(program,)))


def test_a_user_whom_the_image_does_not_know_is_refused(runner: Runner, layout: Layout) -> None:
    with pytest.raises(UsageError, match=r"^box: cannot .*(postgres)"):
        runner.run(shell(layout, "true", user="postgres"))


def test_an_image_without_a_program_needs_one_to_be_named(runner: Runner, tmp_path: Path) -> None:
    layout = box_layout(tmp_path, config=Execution())

    with pytest.raises(UsageError, match="the image has no program of its own"):
        runner.run(order_of(layout))
    assert runner.run(order_of(layout, "/bin/busybox", "echo", "hi")).stdout == b"hi\n"


def test_a_volume_of_the_image_takes_files(runner: Runner, tmp_path: Path) -> None:
    config = replace(CONFIG, volumes=("/data",), user="0")
    layout = box_layout(tmp_path, folder("data"), config=config)

    assert runner.run(shell(layout, "echo x > /data/f && cat /data/f")).stdout == b"x\n"


def test_devices_are_those_that_every_program_may_count_on(runner: Runner, layout: Layout) -> None:
    script = "head -c 3 /dev/zero | wc -c; echo x > /dev/null; head -c 2 /dev/urandom | wc -c; ls -d /dev/shm /dev/pts"

    assert runner.run(shell(layout, script)).stdout == b"3\n2\n/dev/pts\n/dev/shm\n"


def test_the_kernel_s_settings_are_not_for_it(runner: Runner, layout: Layout) -> None:
    """Root in a sandbox may be root outside, whom the kernel would let write these files."""
    script = "f=/proc/sys/kernel/panic_on_warn; echo $(cat $f) > $f; echo b > /proc/sysrq-trigger"
    said = runner.run(shell(layout, script, user="root"))

    assert said.exit_code == 1
    assert len(said.stderr.splitlines()) == 2


def test_a_setuid_program_lends_no_powers(runner: Runner, tmp_path: Path) -> None:
    busybox = Path(here("busybox") or "busybox").read_bytes()
    layout = box_layout(tmp_path, file("bin/id", busybox, mode=0o4755))

    assert runner.run(order_of(layout, "-u", entrypoint=("/bin/id",))).stdout == b"65532\n"


def test_files_keep_their_modes(runner: Runner, layout: Layout) -> None:
    said = runner.run(shell(layout, "stat -c %a /bin/busybox /etc/passwd /srv/script", user="root"))

    assert said.stdout.split() == [b"755", b"644", b"755"]


def test_nothing_is_left_of_a_program(runner: Runner, layout: Layout, tmp_path: Path) -> None:
    """What it started and left behind ends with it."""
    mark = f"sleep 12{os.getpid()}"

    assert runner.run(shell(layout, f"{mark} & exit 0")).exit_code == 0
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert [words for words in running if mark.replace(" ", "\0").encode() in words] == []


def test_nothing_of_our_own_environment_can_be_seen(
    runner: Runner, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "1")
    said = runner.run(shell(layout, "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c SECRET_OF", user="root"))

    assert said.stdout == b"0\n"
