"""Which small files rules read, and how much of each; everything else of an image is known by its attributes alone."""

from __future__ import annotations

import re

from bareboat.base.path import ImagePath

MOST_BYTES = 4 << 20
"""How large a file may be whose contents are kept; of a larger one there are none."""

MOST_KEY_BYTES = 64 << 10
"""How large a file may be that is searched for a private key."""

READ = (
    r"etc/(?:passwd|group|nsswitch\.conf|os-release|ld\.so\.cache|ld\.so\.conf|ld\.so\.preload)",
    r"etc/ld\.so\.conf\.d/[^/]+\.conf",
    r"etc/ld-musl-[^/]+\.path",
    r"(?:etc|usr/lib)/ssl/openssl\.cnf",
    r"usr/lib/os-release",
    r"usr/lib(?:64|32)?(?:/[^/]+)?/gconv/gconv-modules(?:\.cache|\.d/[^/]+)?",
    r".*/jvm\.cfg",
    r"etc/java-[^/]+/jvm-[^/]+\.cfg",  # where Debian keeps what a link of that name leads to
    r".*/pyvenv\.cfg",
    r"usr/lib/python3(?:\.\d+)?/[^/]*\.pth",
    r"var/lib/dpkg/status(?:\.d/[^/]+)?",
)
"""Regular expressions over whole paths."""

_READ = re.compile("|".join(READ))
# Where machines and people keep theirs; packages ship samples below /usr.
_WITH_KEYS = re.compile(r"(?:etc|root|home)/.*")
# RFC 7468, 10 and 11; OpenSSL's and OpenSSH's own names stand before the two words.
_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")


def is_read(path: ImagePath, size: int) -> bool:
    """Whether the contents of a file of `size` bytes at `path` are kept."""
    return size <= MOST_BYTES and _READ.fullmatch(path) is not None


def may_hold_key(path: ImagePath, size: int) -> bool:
    """Whether a file of `size` bytes at `path` is searched for a private key."""
    return 0 < size <= MOST_KEY_BYTES and _WITH_KEYS.fullmatch(path) is not None


def holds_key(data: bytes) -> bool:
    """Whether `data` has a private key as text."""
    return _KEY.search(data) is not None
