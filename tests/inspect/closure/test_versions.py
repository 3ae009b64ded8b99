"""The library that is found defines the versions that are needed of it."""

from __future__ import annotations

import pytest

from bareboat.inspect.closure.proof import prove
from bareboat.inspect.finding import Severity
from tests.makers.aboard import LIB, SYSTEM, make_aboard, make_program, make_shared, told

SAIL = "usr/bin/sail"


def _program(*versions: str, soname: str = "libmast.so.1") -> object:
    return make_program(soname, needs=((soname, versions),))


@pytest.mark.parametrize(
    ("wanted", "defined", "said"),
    [
        (("MAST_1",), ("MAST_1", "MAST_2"), []),
        ((), (), []),
        (("MAST_2",), ("MAST_1",), ["symbol-version /usr/bin/sail needs MAST_2 of libmast.so.1, not defined by /{}"]),
        (
            ("A", "B", "C", "D", "E"), ("MAST_1",),
            ["symbol-version /usr/bin/sail needs A, B, C and 2 more of libmast.so.1, not defined by /{}"],
        ),
        (
            ("MAST_1",), (),
            ["unversioned-library /usr/bin/sail needs versions of libmast.so.1, and /{} defines none"],
        ),
    ],
)
def test_versions_that_are_not_defined_are_told(
    wanted: tuple[str, ...], defined: tuple[str, ...], said: list[str]
) -> None:
    library = f"{LIB}/libmast.so.1"
    paths = {**SYSTEM, SAIL: _program(*wanted), library: make_shared("libmast.so.1", defines=defined)}
    assert told(prove(make_aboard(paths))) == [line.format(library) for line in said]  # type: ignore[arg-type]


def test_the_library_that_was_found_counts_and_no_other() -> None:
    paths = {
        **SYSTEM,
        SAIL: make_program("libmast.so.1", needs=(("libmast.so.1", ("MAST_2",)),), runpath=("/opt/new",)),
        "usr/bin/tug": _program("MAST_2"),
        "opt/new/libmast.so.1": make_shared("libmast.so.1", defines=("MAST_2",)),
        f"{LIB}/libmast.so.1": make_shared("libmast.so.1", defines=("MAST_1",)),
    }
    found = prove(make_aboard(paths))  # type: ignore[arg-type]
    assert [(one.path, one.rule.severity, one.needs) for one in found] == [
        ("/usr/bin/tug", Severity.error, "libmast.so.1")
    ]


def test_versions_of_a_library_that_is_missing_are_not_told_as_well() -> None:
    found = prove(make_aboard({**SYSTEM, SAIL: _program("MAST_1")}))  # type: ignore[arg-type]
    assert [one.rule.name for one in found] == ["needed-library"]


def test_a_program_of_a_newer_release_is_told_once() -> None:
    paths = {**SYSTEM, SAIL: _program("GLIBC_2.38", soname="libc.so.6"), "usr/bin/tug": make_program("libc.so.6")}
    found = prove(make_aboard(paths))  # type: ignore[arg-type]
    assert told(found) == [f"symbol-version /{SAIL} needs GLIBC_2.38 of libc.so.6, not defined by /{LIB}/libc.so.6"]
