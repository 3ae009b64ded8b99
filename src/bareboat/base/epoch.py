"""The only clock that a build may see: whole seconds since 1970-01-01T00:00:00Z, taken from the inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NewType

from bareboat.base.errors import FormatError

Epoch = NewType("Epoch", int)

ZERO = Epoch(0)

LATEST = Epoch(253_402_300_799)
"""9999-12-31T23:59:59Z, the last moment that has a date in RFC 3339."""

_EARLIEST = -62_135_596_800  # 0001-01-01T00:00:00Z, the first moment that Python has a date for


def parse_rfc2822(text: str) -> Epoch:
    """Read a date as Debian's Release files and changelogs write it.

    Raises:
        FormatError: When it is not a date.
    """
    from email.utils import parsedate_to_datetime  # brings sockets along, which a build has no use for

    try:
        return _epoch(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError) as error:
        raise FormatError(f'cannot read "{text[:80]}" as a date') from error


def parse_rfc3339(text: str) -> Epoch:
    """Read a date as OCI's documents write it.

    Raises:
        FormatError: When it is not a date with a time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise FormatError(f'cannot read "{text[:80]}" as a date such as 2026-01-31T12:00:00Z') from error
    if moment.tzinfo is None:
        raise FormatError(f'cannot read "{text[:80]}" as a date: it has no time zone; end it with Z')
    return _epoch(moment)


def format_rfc3339(epoch: Epoch) -> str:
    """`2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_snapshot(epoch: Epoch) -> str:
    """`20260131T120000Z`, as snapshot.debian.org names its moments."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y%m%dT%H%M%SZ")


def _epoch(moment: datetime) -> Epoch:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # A date of the year 9999 with a zone west of Greenwich is one of the year 10000, which has no date.
    seconds = int(moment.timestamp())
    if not _EARLIEST <= seconds <= LATEST:
        raise FormatError("cannot read a date outside of the years 1 to 9999")
    return Epoch(seconds)
