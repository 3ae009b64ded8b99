"""Stop signals are those that Linux has."""

from __future__ import annotations

import signal
import sys

import pytest

from bareboat.base.errors import FormatError
from bareboat.plan.config.signals import SIGNALS, read_signal


@pytest.mark.parametrize("text", [*SIGNALS, "1", "9", "15", "34", "64"])
def test_a_signal_is_a_name_or_a_number(text: str) -> None:
    assert read_signal(text) == text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other signals")
def test_the_names_are_those_of_linux() -> None:
    """Python knows those of the system that it runs on, second names included."""
    here = set(signal.Signals.__members__)

    assert here <= set(SIGNALS)
    assert {name for name in SIGNALS if "+" not in name and "-" not in name} - here <= {"SIGSTKFLT"}


def test_no_name_stands_twice() -> None:
    assert len(set(SIGNALS)) == len(SIGNALS)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("TERM", 'did you mean "SIGTERM"?'),
        ("sigterm", 'did you mean "SIGTERM"?'),
        ("SIGTREM", 'did you mean "SIGTERM"?'),
        ("RTMIN+3", 'did you mean "SIGRTMIN+3"?'),
        ("SIGRTMIN+16", 'did you mean "SIGRTMIN+6"?'),
        ("SIGWINCHED", 'did you mean "SIGWINCH"?'),
        ("zzz", "write one such as SIGTERM"),
        ("", "write one such as SIGTERM"),
        ("0", "they count from 1 to 64"),
        ("65", "they count from 1 to 64"),
        ("015", "they count from 1 to 64"),
        ("٣", "write one such as SIGTERM"),
    ],
)
def test_a_signal_that_there_is_not_is_refused(text: str, hint: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_signal(text)

    assert (refused.value.message, refused.value.hint) == (f'there is no signal "{text}"', hint)
