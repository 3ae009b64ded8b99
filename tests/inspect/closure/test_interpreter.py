"""A program's interpreter is there, and what is for another machine is told as dead weight."""

from __future__ import annotations

import pytest

from bareboat.inspect.closure.proof import prove
from bareboat.oci.config import Execution
from tests.makers.aboard import LIB, LOADER, SYSTEM, make_aboard, make_facts, make_program, make_shared, told

ARM64 = 183
SAIL = "usr/bin/sail"


def test_a_program_with_its_interpreter_is_sound() -> None:
    assert told(prove(make_aboard({**SYSTEM, SAIL: make_program("libc.so.6")}))) == []


def test_a_static_program_needs_nothing() -> None:
    assert told(prove(make_aboard({SAIL: make_program(interpreter=None, kind="EXEC")}))) == []


@pytest.mark.parametrize(
    ("interpreter", "fault"),
    [
        (None, "is not in the image"),
        ("-> nowhere", "is not in the image"),
        (b"#!/bin/sh", "is no ELF file"),
        (make_shared("ld-linux-x86-64.so.2", machine=ARM64), "is for arm64, not amd64"),
        (make_shared("ld-linux-x86-64.so.2", bits=32), "is for x32, not amd64"),
    ],
)
def test_an_interpreter_that_would_not_do_is_told(interpreter: object, fault: str) -> None:
    paths = {SAIL: make_program(), **({} if interpreter is None else {"lib64/ld-linux-x86-64.so.2": interpreter})}
    found = [one for one in prove(make_aboard(paths)) if one.rule.name == "interpreter"]  # type: ignore[arg-type]
    assert told(found) == [f"interpreter /{SAIL} needs the program interpreter {LOADER}, which {fault}"]
    assert (found[0].provider, found[0].needs, found[0].hint) == ("libc6", LOADER, "add the package libc6")


def test_an_interpreter_that_may_not_be_executed_is_told() -> None:
    modes = {f"{LIB}/ld-linux-x86-64.so.2": 0o644}
    found = prove(make_aboard({**SYSTEM, SAIL: make_program()}, modes=modes))
    message = f"needs the program interpreter {LOADER}, which may not be executed"
    assert f"interpreter /{SAIL} {message}" in told(found)


def test_files_for_another_machine_are_one_note_with_their_size() -> None:
    foreign = {f"app/prebuilds/{name}.node": make_facts("libc.so.6", machine=ARM64) for name in ("a", "b", "c")}
    found = prove(make_aboard({**SYSTEM, SAIL: make_program(), **foreign}))
    assert told(found) == [
        "foreign-elf /app/prebuilds/a.node this and 2 other files are for arm64, which the image has no loader for"
    ]
    assert found[0].bytes == 3000


def test_a_program_that_the_image_starts_must_be_for_its_machine() -> None:
    found = prove(make_aboard({**SYSTEM, SAIL: make_program(machine=ARM64)}))
    assert told(found) == [f"interpreter /{SAIL} is what the image starts, and is for arm64, not amd64"]


def test_another_machine_whose_loader_is_aboard_is_held_to_the_same() -> None:
    paths = {
        **SYSTEM,
        SAIL: make_program("libc.so.6"),
        "usr/bin/old": make_facts("libmast.so.1", bits=32, machine=3, interpreter="/lib/ld-linux.so.2"),
        "usr/lib/ld-linux.so.2": make_facts(bits=32, machine=3, soname="ld-linux.so.2"),
    }
    assert told(prove(make_aboard(paths))) == [
        "needed-library /usr/bin/old needs libmast.so.1, which is not in the image"
    ]


def test_what_was_linked_with_musl_is_dead_weight_beside_glibc() -> None:
    paths = {**SYSTEM, SAIL: make_program(), "app/musl.node": make_facts("libc.musl-x86_64.so.1")}
    assert told(prove(make_aboard(paths))) == [
        "foreign-elf /app/musl.node this is for musl, which the image has no loader for"
    ]


def test_musl_finds_its_libraries_in_its_own_folders() -> None:
    paths = {
        SAIL: make_program("libc.so", "libmast.so.1", "libm.so", interpreter="/lib/ld-musl-x86_64.so.1"),
        "lib/ld-musl-x86_64.so.1": "-> x86_64-linux-musl/libc.so",
        "lib/x86_64-linux-musl/libc.so": make_shared("libc.so"),
        "opt/lib/libmast.so.1": make_shared("libmast.so.1", "libc.so"),
    }
    missing = f"needed-library /{SAIL} needs libmast.so.1, which lies in /opt/lib, where the loader does not look"
    assert told(prove(make_aboard(paths))) == [missing]
    there = {**paths, "etc/ld-musl-x86_64.path": b"/lib/x86_64-linux-musl\n/opt/lib"}
    assert told(prove(make_aboard(there))) == []


def test_an_architecture_that_is_not_known_is_proved_all_the_same() -> None:
    paths = {SAIL: make_program("libmast.so.1", machine=8, interpreter="/lib/ld.so.1"), "lib/ld.so.1": make_facts()}
    found = told(prove(make_aboard(paths, architecture="mips64le")))
    assert f"needed-library /{SAIL} needs libmast.so.1, which is not in the image" in found
    assert f"interpreter /{SAIL} needs the program interpreter /lib/ld.so.1, which is for amd64, not machine 8 " \
        "with 64 bits" in found


def test_a_program_is_found_by_path_and_by_name() -> None:
    for execution in (
        Execution(env=("PATH=/opt:/usr/bin",), entrypoint=("sail",)),
        Execution(working_dir="/usr", cmd=("bin/sail",)),
        Execution(cmd=("sail", "--fast")),
    ):
        found = prove(make_aboard({**SYSTEM, SAIL: make_program(machine=ARM64)}, config=execution))
        assert [one.rule.name for one in found] == ["interpreter"]
