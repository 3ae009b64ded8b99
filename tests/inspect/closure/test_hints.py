"""What programs say they load while they run, and what glibc loads."""

from __future__ import annotations

import pytest

from bareboat.inspect.closure.proof import prove
from bareboat.make.elf_notes import Dlopen, Priority
from tests.makers.aboard import LIB, SYSTEM, make_aboard, make_program, make_shared, told

SAIL = "usr/bin/sail"


def _program(*sonames: str, priority: Priority = Priority.recommended, **said: str) -> dict[str, object]:
    hint = Dlopen(sonames=sonames, priority=priority, **said)
    return {**SYSTEM, SAIL: make_program("libc.so.6", dlopen=(hint,), runpath=("$ORIGIN/../sail",))}


@pytest.mark.parametrize("priority", list(Priority))
def test_a_hint_that_nothing_answers_is_as_grave_as_its_priority(priority: Priority) -> None:
    found = prove(make_aboard(_program("libwind.so.3", priority=priority)))  # type: ignore[arg-type]
    assert told(found) == [
        f"dlopen-{priority} /{SAIL} loads libwind.so.3 while it runs, which is not found"
    ]
    assert (found[0].rule.severity, found[0].provider) == (
        {"required": "error", "recommended": "warning", "suggested": "note"}[priority], "libwind3"
    )


@pytest.mark.parametrize("place", [f"{LIB}/libwind.so.2", "usr/sail/libwind.so.3"])
def test_any_one_of_several_names_is_enough(place: str) -> None:
    paths = {**_program("libwind.so.3", "libwind.so.2"), place: make_shared("libwind.so.2")}
    assert told(prove(make_aboard(paths))) == []  # type: ignore[arg-type]


def test_a_hint_says_what_is_missed() -> None:
    made = _program("libwind.so.3", "libwind.so.2", feature="wind", description="Forecasts")
    found = prove(make_aboard(made))  # type: ignore[arg-type]
    assert found[0].message == (
        "loads libwind.so.3 or libwind.so.2 while it runs, for wind (Forecasts), which is not found"
    )


def test_glibc_without_its_unwinder_is_told() -> None:
    paths = {path: what for path, what in SYSTEM.items() if "libgcc" not in path}
    found = prove(make_aboard(paths))
    assert told(found) == [
        f"unwinder /{LIB}/libc.so.6 loads libgcc_s.so.1 when a thread is ended or cancelled, and it is not found"
    ]
    assert found[0].provider == "libgcc-s1"


def test_an_image_without_glibc_needs_no_unwinder() -> None:
    assert told(prove(make_aboard({SAIL: make_program(interpreter=None)}))) == []
