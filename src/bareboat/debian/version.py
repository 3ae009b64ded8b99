"""Debian versions and their order.

Obeys Debian Policy 5.6.12, "Version": https://www.debian.org/doc/debian-policy/ch-controlfields.html#version.
A version computes one text, its `key`, when it is read; versions compare as their keys do, so sorting costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import field
from enum import StrEnum

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen

_LONGEST = 255
_LARGEST_EPOCH = 2**31 - 1

_EPOCH = re.compile(r"[0-9]{1,10}")
_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+")
_REVISION = re.compile(r"[A-Za-z0-9.+~]+")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")

# "all the letters sort earlier than all the non-letters and so that a tilde sorts before anything,
# even the end of a part": a part ends in \x01, tilde stands below it, and the non-letters move above the letters.
_LEXICAL = {ord("~"): "\x00"} | {ord(sign): chr(0x80 + ord(sign)) for sign in "+-.:"}
_END = "\x01"


class Operator(StrEnum):
    """Debian Policy 7.1: "strictly earlier, earlier or equal, exactly equal, later or equal and strictly later"."""

    earlier = "<<"
    at_most = "<="
    exactly = "="
    at_least = ">="
    later = ">>"


@frozen(kw_only=False, order=True)
class Version:
    """A version as Debian writes it; only well-formed ones exist.

    Versions that Policy calls equal are equal here though their texts differ (`1.0`, `0:1.00-0`).
    `revision` is empty when there is none.

    Raises:
        FormatError: When `text` is not `[epoch:]upstream[-revision]`, or is longer than 255 characters.
    """

    text: str = field(compare=False)
    epoch: int = field(init=False, repr=False, compare=False)
    upstream: str = field(init=False, repr=False, compare=False)
    revision: str = field(init=False, repr=False, compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        epoch, upstream, revision = _split(self.text)
        object.__setattr__(self, "epoch", epoch)
        object.__setattr__(self, "upstream", upstream)
        object.__setattr__(self, "revision", revision)
        object.__setattr__(self, "key", _number_key(str(epoch)) + _part_key(upstream) + _part_key(revision or "0"))

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `[epoch:]upstream[-revision]`.

        Raises:
            FormatError: When `text` is not that.
        """
        return cls(text)

    @property
    def upstream_release(self) -> str:
        """The number that the authors gave the release: no epoch, revision, build, repacking or pre-release mark.

        `3.13.5-2+deb13u4` is `3.13.5`, `24.21.0+dfsg+~cs24.13.4-1` is `24.21.0`, `21.0.12.1+1-1~deb13u1` is
        `21.0.12.1`; where Debian went back to an older release, `1.3.dfsg+really1.3.1-1`, it is that one, `1.3.1`.
        """
        said = self.upstream.rpartition("+really")[2] or self.upstream
        return re.split(r"[+~]|\.(?:dfsg|ds)(?![a-z])", said, maxsplit=1)[0]

    def satisfies(self, operator: Operator, other: Version) -> bool:
        """Whether this version stands in that relation to `other`: `1.2` satisfies `>= 1.0`."""
        match operator:
            case Operator.earlier:
                return self.key < other.key
            case Operator.at_most:
                return self.key <= other.key
            case Operator.exactly:
                return self.key == other.key
            case Operator.at_least:
                return self.key >= other.key
            case Operator.later:
                return self.key > other.key


def check_version(text: str) -> None:
    """Refuse what is no version, without working out what it takes to compare it.

    Raises:
        FormatError: As `Version`.
    """
    _split(text)


def _split(text: str) -> tuple[int, str, str]:
    # deb-version(7): "If it is omitted then the upstream-version may not contain any colons."
    epoch, colon, rest = text.partition(":") if ":" in text else ("", "", text)
    # Upstream and revision part "at the last hyphen in the string", if there is one.
    upstream, hyphen, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    sound = (
        len(text) <= _LONGEST
        and (not colon or (_EPOCH.fullmatch(epoch) is not None and int(epoch) <= _LARGEST_EPOCH))
        and _UPSTREAM.fullmatch(upstream)
        and (not hyphen or _REVISION.fullmatch(revision))
    )
    if not sound:
        raise FormatError(f'cannot read "{text[:80]}" as a version', hint="a version is [epoch:]upstream[-revision]")
    return int(epoch or "0"), upstream, revision


def _part_key(part: str) -> str:
    """The upstream part or the revision as a text that sorts as dpkg sorts the part.

    "These two steps (comparing and removing initial non-digit strings and initial digit strings) are repeated":
    the parts alternate in the key as they do in the version, and every part says itself where it ends.
    """
    return "".join(
        words.translate(_LEXICAL) + _END + _number_key(digits) for words, digits in _PARTS.findall(part)
    )


def _number_key(digits: str) -> str:
    """A number as a text that sorts by value: its length goes first. "an empty string … counts as zero"."""
    significant = digits.lstrip("0")
    return chr(len(significant)) + significant
