"""Whether an architecture is meant by a name or wildcard such as `amd64`, `any`, `linux-any` or `any-arm`.

Obeys Debian Policy 11.1.1, "Architecture wildcards", as dpkg understands it.
An architecture is four parts, *abi-libc-os-cpu*; its name leaves out those that are the usual ones.
"""

from __future__ import annotations

_Parts = tuple[str, str, str, str]

_USUAL = ("base", "gnu", "linux")

# The names that do not say their parts: dpkg's "tupletable".
_NAMED: dict[str, _Parts] = {
    "armhf": ("eabihf", "gnu", "linux", "arm"),
    "armel": ("eabi", "gnu", "linux", "arm"),
    "arm": ("base", "gnu", "linux", "arm"),
    "x32": ("x32", "gnu", "linux", "amd64"),
    "arm64ilp32": ("ilp32", "gnu", "linux", "arm64"),
    "mipsn32": ("abin32", "gnu", "linux", "mips64"),
    "mipsn32el": ("abin32", "gnu", "linux", "mips64el"),
    "mips64": ("abi64", "gnu", "linux", "mips64"),
    "mips64el": ("abi64", "gnu", "linux", "mips64el"),
    "powerpcspe": ("spe", "gnu", "linux", "powerpc"),
}


def is_meant(architecture: str, term: str) -> bool:
    """Whether `term` means the Debian architecture `architecture`."""
    if architecture == term:
        return True
    parts = term.split("-")
    if "any" not in parts or len(parts) > 4:
        return False
    wanted = ["any"] * (4 - len(parts)) + parts
    return all(want in ("any", have) for want, have in zip(wanted, _parts_of(architecture), strict=True))


def _parts_of(architecture: str) -> _Parts:
    if architecture in _NAMED:
        return _NAMED[architecture]
    said = architecture.split("-")[-4:]
    abi, libc, system, processor = [*_USUAL[: 4 - len(said)], *said]
    return abi, libc, system, processor
