"""The launcher of sandboxes says what the kernel refused, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.errors import EngineError, UsageError
from bareboat.base.platform import architecture
from bareboat.oci.config import Execution
from bareboat.ship.running.by_architecture import ByArchitecture
from bareboat.ship.running.process import Started, attend
from bareboat.ship.running.runner import Order, Outcome
from bareboat.ship.sandbox.bubblewrap import Bubblewrap
from bareboat.ship.sandbox.plan import Plan
from bareboat.ship.sandbox.sandbox import Adapter, Sandbox
from bareboat.ship.sandbox.unshare import Unshare
from tests.makers.box import box_layout, shell
from tests.makers.image import make_image, make_layout
from tests.makers.layers import file, make_image_from
from tests.makers.program import here, make_program

HOST = architecture(os.uname().machine)


class Refusing:
    """An adapter that makes plans worse before they are tried."""

    name = "refusing"
    owned = os.geteuid() == 0

    def __init__(self, **said: object) -> None:
        self._said = said

    def start(self, plan: Plan, order: Order) -> Outcome:
        return Unshare().start(replace(plan, **self._said), order)  # type: ignore[arg-type]


@pytest.mark.sandbox
def test_a_mount_that_the_kernel_refuses_is_named_with_what_to_do(tmp_path: Path) -> None:
    sandbox = Sandbox(Refusing(tmpfs=("/srv/motd",)), tmp_path / "corner", HOST)

    with pytest.raises(EngineError, match=r"^cannot make a sandbox: mount tmpfs: Not a directory$") as refused:
        sandbox.run(shell(box_layout(tmp_path / "out"), "true"))
    assert refused.value.hint is not None
    assert refused.value.hint.startswith("install docker.io, podman or bubblewrap")
    sandbox.close()
    assert list((tmp_path / "corner").iterdir()) == []


@pytest.mark.sandbox
def test_a_program_that_the_kernel_refuses_is_named(tmp_path: Path) -> None:
    layout = box_layout(tmp_path / "out", file("bin/broken", b"\x7fELF nothing", mode=0o755))
    sandbox = Sandbox(Unshare(), tmp_path / "corner", HOST)

    with pytest.raises(UsageError, match=r'^box: cannot start "/bin/broken": Exec format error$'):
        sandbox.run(Order(images=layout, manifest=layout.find("box:latest"), name="box", entrypoint=("/bin/broken",)))
    sandbox.close()


@pytest.mark.sandbox
def test_where_overlays_are_refused_an_image_is_unpacked_for_each_program(tmp_path: Path) -> None:
    """The comma cannot be said in the options of an overlay; the answer is the same."""
    corner = tmp_path / "a,b"
    sandbox = Sandbox(Unshare(), corner, HOST)
    layout = box_layout(tmp_path / "out")
    order = shell(layout, "cat /srv/motd; echo x > /srv/motd", writable=True, user="0")

    assert [sandbox.run(order) for _ in range(2)] == [Outcome(exit_code=0, stdout=b"ahoy\n")] * 2
    assert len(list(corner.iterdir())) == 1
    sandbox.close()
    assert list(corner.iterdir()) == []


@pytest.mark.sandbox
def test_a_path_with_anything_in_it_can_be_the_corner(tmp_path: Path) -> None:
    sandbox = Sandbox(Unshare(), tmp_path / 'ü "x" \\n', HOST)

    assert sandbox.run(shell(box_layout(tmp_path / "out"), "echo hi")).stdout == b"hi\n"
    sandbox.close()


def test_what_cannot_be_started_is_told() -> None:
    image = make_image()
    order = Order(images=image.blobs, manifest=image.descriptor)  # type: ignore[arg-type]

    with pytest.raises(EngineError, match='cannot run "/nowhere/it": No such file or directory'):
        attend(order, Started(command=("/nowhere/it",)))


def test_a_process_is_ended_when_we_are_interrupted() -> None:
    """Whatever stops the waiting stops the process too."""
    image, ended = make_image(), []
    order = Order(images=image.blobs, manifest=image.descriptor)  # type: ignore[arg-type]

    def end(process: subprocess.Popen[bytes]) -> None:
        ended.append(process.pid)
        process.kill()

    def interrupt(process: subprocess.Popen[bytes], deadline: float | None) -> None:
        raise KeyboardInterrupt

    command = (sys.executable, "-c", "import time; time.sleep(100)")
    with pytest.raises(KeyboardInterrupt):
        attend(order, Started(command=command, end=end, meanwhile=interrupt))
    assert len(ended) == 1
    assert not Path(f"/proc/{ended[0]}").exists()


@pytest.mark.sandbox
@pytest.mark.emulated
@pytest.mark.parametrize("adapter", [Unshare(), Bubblewrap(here("bwrap") or "bwrap")], ids=lambda adapter: adapter.name)
def test_programs_of_another_architecture_are_emulated(tmp_path: Path, adapter: Adapter) -> None:
    program = make_program(architecture("arm64"), b"from arm64\n")
    items = [file("hello", program, mode=0o755), file("again", b"#!/hello\n", mode=0o755)]
    image = make_image_from(items, architecture="arm64", variant="v8", config=Execution(cmd=("/again",)))
    layout = make_layout(tmp_path / "out", {"hello:latest": image})
    sandbox = Sandbox(adapter, tmp_path / "corner", HOST)

    order = Order(images=layout, manifest=layout.find("hello:latest"), name="hello")
    assert sandbox.run(order) == Outcome(exit_code=0, stdout=b"from arm64\n")
    sandbox.close()


class Remembering:
    """A runner that answers with its own name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False

    def prepare(self, order: Order) -> None:
        """There is nothing to prepare."""

    def run(self, order: Order) -> Outcome:
        return Outcome(exit_code=0, stdout=self.name.encode())

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        return tuple(map(self.run, orders))

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("kernel_runs", "foreign"), [(True, b"engine"), (False, b"sandbox")])
def test_an_engine_gets_what_the_kernel_can_start_and_a_sandbox_the_rest(kernel_runs: bool, foreign: bytes) -> None:
    engine, sandbox = Remembering("engine"), Remembering("sandbox")
    runner = ByArchitecture(engine, sandbox, architecture("amd64"), lambda _: kernel_runs)
    orders = {
        name: Order(images=image.blobs, manifest=image.descriptor)  # type: ignore[arg-type]
        for name, image in {"own": make_image(), "foreign": make_image(architecture="arm64", variant="v8")}.items()
    }

    assert runner.name == "engine"
    assert runner.run(orders["own"]).stdout == b"engine"
    assert runner.run_in_turn([orders["foreign"]])[0].stdout == foreign
    assert runner.name == foreign.decode()
    runner.close()
    assert (engine.closed, sandbox.closed) == (True, True)
