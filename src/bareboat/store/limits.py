"""Every limit of what is taken from outside, with its unit, in one value."""

from __future__ import annotations

from bareboat.base.frozen import frozen

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

CHUNK_BYTES = 256 * KIB
"""How much is read and written at a time."""


@frozen
class Limits:
    """How much and how long; names end in their unit.

    The sizes are several times what Debian's archive holds today: they stop an attack, not a user.

    Attributes:
        max_release_bytes: An InRelease, Release, Release.gpg or another signed list (Debian's InRelease: 0.3 MB).
        max_index_bytes: A Packages file as it travels, compressed (Debian's largest: 10 MB).
        max_unpacked_index_bytes: A Packages file after decompression (Debian's largest: 60 MB).
        max_artifact_bytes: A .deb or another pinned artifact (Debian's largest: 2 GB).
        connect_timeout_s: Until a connection stands.
        read_timeout_s: Between two pieces of an answer.
        answer_timeout_s: From the first to the last byte of one answer.
        attempts: How often one address is asked before the next one is, when its failure may pass.
        first_delay_s: Before the second attempt; every further delay is twice the last.
        max_delay_s: The longest delay, also when the server asks for more (Retry-After).
        redirects: How many redirections one request may follow.
        connections_per_host: How many requests go to one host at a time.
        workers: How many artifacts are fetched at a time.
    """

    max_release_bytes: int = 16 * MIB
    max_index_bytes: int = 256 * MIB
    max_unpacked_index_bytes: int = 1 * GIB
    max_artifact_bytes: int = 8 * GIB
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0
    answer_timeout_s: float = 3600.0
    attempts: int = 4
    first_delay_s: float = 0.5
    max_delay_s: float = 30.0
    redirects: int = 10
    connections_per_host: int = 6
    workers: int = 8


DEFAULT = Limits()
