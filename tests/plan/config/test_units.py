"""Sizes, durations, modes and ports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.plan.config import units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("800", 800),
        ("1B", 1),
        ("25MB", 25_000_000),
        ("25MiB", 26_214_400),
        ("25 mb", 25_000_000),
        ("1.5GB", 1_500_000_000),
        ("1.5KiB", 1536),
        ("0.0000015MB", 1),
        ("3GiB", 3 << 30),
    ],
)
def test_a_megabyte_is_a_million_and_a_mebibyte_is_not(text: str, expected: int) -> None:
    assert units.read_size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30 * 10**9), ("1m30s", 90 * 10**9), ("500ms", 5 * 10**8), ("2h", 7200 * 10**9), ("7us", 7000), ("1ns", 1)],
)
def test_durations_are_nanoseconds(text: str, expected: int) -> None:
    assert units.read_duration(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("0644", 0o644), ("0o644", 0o644), ("0755", 0o755), ("01777", 0o1777)])
def test_a_mode_that_begins_with_zero_is_octal_without_quotes(text: str, expected: int) -> None:
    assert units.read_plain_mode(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("644", 0o644), ("0644", 0o644), ("1777", 0o1777), ("0o600", 0o600)])
def test_a_mode_in_quotes_is_octal(text: str, expected: int) -> None:
    assert units.read_quoted_mode(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("8080", "8080/tcp"), ("53/udp", "53/udp"), ("0080", "80/tcp"), ("9/sctp", "9/sctp")]
)
def test_a_port_has_its_protocol(text: str, expected: str) -> None:
    assert units.read_port(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message", "hint"),
    [
        (units.read_size, "25 Mb!", 'cannot read "25 Mb!" as a size', "write one such as 25MB or 25MiB"),
        (units.read_size, "25TB", 'cannot read "25TB" as a size', "write one such as 25MB or 25MiB"),
        (units.read_size, "-1", 'cannot read "-1" as a size', "write one such as 25MB or 25MiB"),
        (units.read_size, "٣MB", 'cannot read "٣MB" as a size', "write one such as 25MB or 25MiB"),
        (units.read_size, "0", 'cannot take "0" as a size: it is less than one byte', None),
        (units.read_duration, "30", 'cannot read "30" as a duration', "write one such as 30s or 1m30s"),
        (units.read_duration, "1.5s", 'cannot read "1.5s" as a duration', "write one such as 30s or 1m30s"),
        (units.read_duration, "0s", 'cannot take "0s" as a duration: it is zero', None),
        (units.read_plain_mode, "644", "cannot tell whether 644 is octal or decimal", 'write "0644"'),
        (units.read_plain_mode, "1777", "cannot tell whether 1777 is octal or decimal", 'write "01777"'),
        (units.read_plain_mode, "420", "cannot tell whether 420 is octal or decimal", 'write "0420"'),
        (units.read_plain_mode, "493", "cannot tell whether 493 is octal or decimal", 'write one such as "0644"'),
        (units.read_plain_mode, "0x1A4", 'cannot read "0x1A4" as an octal mode', 'write one such as "0644"'),
        (units.read_quoted_mode, "u+x", 'cannot read "u+x" as an octal mode', 'write one such as "0644"'),
        (units.read_quoted_mode, "0999", 'cannot read "0999" as an octal mode', 'write one such as "0644"'),
        (units.read_port, "0", 'cannot read "0" as a port', "write one such as 8080 or 53/udp"),
        (units.read_port, "65536", 'cannot read "65536" as a port', "write one such as 8080 or 53/udp"),
        (units.read_port, "80/icmp", 'cannot read "80/icmp" as a port', "write one such as 8080 or 53/udp"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(
    read: Callable[[str], object], text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(FormatError) as raised:
        read(text)
    assert (raised.value.message, raised.value.hint) == (message, hint)


@given(st.sampled_from([units.read_size, units.read_duration, units.read_plain_mode, units.read_port]), st.text())
def test_any_text_is_read_or_refused(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except FormatError as error:
        assert error.message.startswith("cannot")  # noqa: PT017


@given(st.integers(1, 10**12))
def test_a_plain_number_is_a_size_in_bytes(size: int) -> None:
    assert units.read_size(str(size)) == size
