"""Scripts have what runs them, links lead somewhere, extension modules fit a Python, and broken files are named."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bareboat.inspect.closure.proof import prove
from bareboat.oci.config import Execution
from tests.makers.aboard import SYSTEM, What, make_aboard, make_facts, make_package, make_program, make_shared, told

PYTHON = {**SYSTEM, "usr/bin/python3.13": make_program("libc.so.6"), "usr/bin/python3": "-> python3.13"}
TAG = "cpython-313-x86_64-linux-gnu"


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        (b"#!/usr/bin/python3", None),
        (b"#! /usr/bin/python3 -I", None),
        (b"#!/usr/bin/env python3", "/usr/bin/env"),
        (b"#!/bin/sh -e", "/bin/sh"),
        (b"#!\n", "an interpreter"),
    ],
)
def test_a_script_that_nothing_could_run_is_a_note(line: bytes, missing: str | None) -> None:
    found = prove(make_aboard({**PYTHON, "usr/bin/task": line}))
    assert told(found) == ([] if missing is None else [f"dead-script /usr/bin/task this cannot run without {missing}"])


@pytest.mark.parametrize(
    ("words", "missing"),
    [("python3", None), ("-S python3 -I", None), ("A=1 python3", None), ("perl -w", "perl"), ("-i", None)],
)
def test_env_looks_for_the_program_in_the_path(words: str, missing: str | None) -> None:
    paths = {**PYTHON, "usr/bin/env": make_program(), "usr/bin/task": f"#!/usr/bin/env {words}".encode()}
    said = [] if missing is None else [f"dead-script /usr/bin/task this cannot run without {missing}"]
    assert told(prove(make_aboard(paths))) == said


def test_scripts_of_a_package_that_lack_the_same_are_one_note() -> None:
    scripts = {f"usr/bin/{name}": b"#!/usr/bin/perl\n" for name in ("ab", "cd", "ef")}
    package = make_package("tools", ["usr/bin/ab", "usr/bin/cd"])
    found = prove(make_aboard({**SYSTEM, **scripts}, packages=[package]))
    assert told(found) == [
        "dead-script /usr/bin/ab this and 1 other script cannot run without /usr/bin/perl",
        "dead-script /usr/bin/ef this cannot run without /usr/bin/perl",
    ]
    assert [(one.owner, one.bytes, one.provider) for one in found] == [
        ("tools", 32, "perl-base"), (None, 16, "perl-base")
    ]


def test_a_script_that_the_image_starts_must_have_its_interpreter() -> None:
    paths = {**SYSTEM, "app/run": b"#!/bin/bash\n"}
    found = prove(make_aboard(paths, config=Execution(entrypoint=("/app/run",))))
    assert told(found) == [
        "script-interpreter /app/run is what the image starts, and /bin/bash, which runs it, is not in the image"
    ]
    assert (found[0].rule.severity, found[0].provider) == ("error", "bash")


def test_a_script_that_may_not_be_executed_needs_nothing() -> None:
    paths = {**SYSTEM, "usr/lib/python3.13/cgi.py": b"#!/usr/local/bin/python\n"}
    assert told(prove(make_aboard(paths, modes={"usr/lib/python3.13/cgi.py": 0o644}))) == []


@pytest.mark.parametrize("target", ["/proc/mounts", "../run/x", "/dev/null", "/tmp/x", "/data/x", "/etc/resolv.conf"])
def test_links_to_what_a_container_gets_are_sound(target: str) -> None:
    assert told(prove(make_aboard({"etc/link": f"-> {target}"}, config=Execution(volumes=("/data",))))) == []


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({"a": "-> b", "b": "-> usr/c", "usr/c": b""}, []),
        ({"etc/mtab": "-> ../gone"}, []),
        ({"a": "-> b"}, ["dangling-link /a leads to b, which is not in the image"]),
        ({"a": "-> ../usr/../x/y"}, ["dangling-link /a leads to ../usr/../x/y, which is not in the image"]),
        ({"a": "-> a"}, ["dangling-link /a leads to a, which is not in the image"]),
        (
            {f"usr/l{number}": "-> gone" for number in range(5)},
            ["dangling-link /usr/l0 leads to gone, which is not in the image and 4 other links beside it lead nowhere"],
        ),
    ],
)
def test_links_that_lead_nowhere_are_told(paths: Mapping[str, What], said: list[str]) -> None:
    assert told(prove(make_aboard(paths))) == said


@pytest.mark.parametrize(
    "name", ["fast.so", "fast.abi3.so", f"fast.{TAG}.so", "fast.cpython-313.so", "fast.pypy310-pp73.so"]
)
def test_an_extension_module_for_this_python_is_sound(name: str) -> None:
    assert told(prove(make_aboard({**PYTHON, f"app/{name}": make_facts("libc.so.6")}))) == []


@pytest.mark.parametrize(("tag", "spoken"), [("cpython-312-x86_64-linux-gnu", "3.12"), ("cpython-313t", "3.13t")])
def test_extension_modules_for_another_python_are_told(tag: str, spoken: str) -> None:
    modules = {f"app/{name}.{tag}.so": make_facts("libc.so.6") for name in ("a", "b")}
    assert told(prove(make_aboard({**PYTHON, **modules}))) == [
        f"python-abi /app/a.{tag}.so this and 1 other module are for Python {spoken}; the image has 3.13"
    ]


def test_extension_modules_without_any_python_are_told() -> None:
    found = prove(make_aboard({**SYSTEM, f"app/a.{TAG}.so": make_facts()}))
    assert told(found) == [f"python-abi /app/a.{TAG}.so this is for Python 3.13; the image has none"]


def test_a_shared_python_is_a_python() -> None:
    paths = {**SYSTEM, "opt/libpython3.13.so.1.0": make_shared("libpython3.13.so.1.0"), f"app/a.{TAG}.so": make_facts()}
    assert told(prove(make_aboard(paths))) == []


def test_files_that_cannot_be_read_as_elf_are_notes() -> None:
    found = prove(make_aboard({}, unsound={"usr/x": "sail: /usr/x: cannot read as ELF: it ends too early"}))
    assert told(found) == ["unsound-elf /usr/x cannot be read as an ELF file: it ends too early"]
    assert found[0].bytes == 4
