"""The rules of trust in a Release file; the wires are in `plan.refresh`.

In the order of apt's own checks (apt-secure(8), sources.list(5)): who signed it, whether it is the suite that was
asked for, whether its time has come and not gone, and whether it is newer than what was accepted before.
"""

from __future__ import annotations

from bareboat.base.epoch import Epoch, format_rfc3339
from bareboat.base.errors import ExpiredError, RollbackError, TrustError
from bareboat.debian.release import Release

CLOCK_SLACK_S = 3600
"""How far this machine's clock may be behind the archive's, in seconds."""


def accept(
    release: Release,
    *,
    suite: str,
    now: Epoch,
    floor: Epoch | None,
    where: str,
    unsafe_expired: bool = False,
) -> None:
    """Refuse a verified Release that must not be used.

    Args:
        release: Its text, already verified.
        suite: The name that was asked for under `dists/`.
        now: The time of day.
        floor: The date of the Release that the lock was made from, if there is one.
        where: What to call it in errors.
        unsafe_expired: Whether the user accepts one past its Valid-Until.

    Raises:
        TrustError: When it is another suite's.
        ExpiredError: When it is past its Valid-Until or from the future.
        RollbackError: When it is older than `floor`.
    """
    if suite not in (release.codename, release.suite):
        names = " or ".join(f'"{name}"' for name in dict.fromkeys((release.codename, release.suite)) if name)
        raise TrustError(
            f'{where}: is the Release of {names or "a suite without a name"}, not of "{suite}"',
            hint="the mirror serves one suite under the name of another; try another mirror",
        )
    if release.date > now + CLOCK_SLACK_S:
        raise ExpiredError(
            f"{where}: is dated {format_rfc3339(release.date)}, which is yet to come",
            hint="set this machine's clock",
        )
    if release.valid_until is not None and release.valid_until < now and not unsafe_expired:
        raise ExpiredError(
            f"{where}: was valid until {format_rfc3339(release.valid_until)} only",
            hint="the mirror is out of date: try another one, or accept it with --unsafe-expired",
        )
    if floor is not None and release.date < floor:
        raise RollbackError(
            f"{where}: is of {format_rfc3339(release.date)}, older than the lock's ({format_rfc3339(floor)})",
            hint="the mirror is behind or is replaying an old state: try another one, or start over without the lock",
        )
