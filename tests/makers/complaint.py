"""What the program says when it refuses: a sentence, a hint, an exit code; never a traceback."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import pytest

from bareboat.base.errors import BareboatError
from tests.makers.project import Project

_PASSING = re.compile(r"(warning: .*|[a-z ]+(: \d+ %)?)")
"""Warnings and progress may come before."""


@dataclass(frozen=True)
class Complaint:
    """The exit code, what was said after `bareboat: `, and what to do about it."""

    code: int
    message: str
    hint: str | None


def complaint(project: Project, capsys: pytest.CaptureFixture[str], *arguments: str) -> Complaint:
    """What `bareboat ARGUMENTS` refuses with; an AssertionError when it does not, or not clearly."""
    capsys.readouterr()
    code = project.run(*arguments)
    return clear(code, capsys.readouterr().err)


def complaint_of(done: subprocess.CompletedProcess[str]) -> Complaint:
    """What a process refused with."""
    return clear(done.returncode, done.stderr)


def clear(code: int, said: str) -> Complaint:
    """`said` as a complaint: one sentence, its details indented, and a hint at most."""
    assert code in {kind.exit_code for kind in _kinds(BareboatError)} - {1, 70}, f"exit code {code}: {said}"
    assert "Traceback" not in said
    assert "internal error" not in said
    lines = said.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("bareboat: ")]
    assert len(starts) == 1, said
    assert all(_PASSING.fullmatch(line) for line in lines[: starts[0]]), said
    hints = [number for number, line in enumerate(lines) if line.startswith("hint: ")]
    assert hints in ([], [len(lines) - 1]), said
    body = lines[starts[0] : hints[0] if hints else len(lines)]
    assert all(line.startswith("  ") for line in body[1:]), said
    hint = lines[-1].removeprefix("hint: ") if hints else None
    return Complaint(code, "\n".join(body).removeprefix("bareboat: "), hint)


def _kinds(kind: type[BareboatError]) -> set[type[BareboatError]]:
    return {kind}.union(*(_kinds(one) for one in kind.__subclasses__()))
