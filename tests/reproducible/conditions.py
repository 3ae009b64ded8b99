"""What must not count, one by one: the surroundings of a build that are no input of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

YEAR_S = 31_556_952
LANGUAGES = ("tr_TR", "de_DE", "fr_FR", "ja_JP")
"""Whose upper and lower case, decimal point or order of letters is not that of English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one build differs from the first.

    Attributes:
        name: A word.
        about: What is different, for people.
        environment: Variables put over the usual ones.
        folder: The name of the folder that everything of this build lies in, when it is another one.
        umask: That of the process.
        jobs: How many packages are worked on at once.
        reverse: Whether images and architectures are named in the opposite order.
        clock_s: By how many seconds the clock is wrong.
        newest: Whether the newest Python at hand runs it.
        nobody: Whether a user runs it who owns nothing but the folder, so that checkout and packages are read-only.
        copied: Whether the checkout is another copy, with other times and permissions of its files.
        kept: The share of an earlier build's records and blobs that is there already, in per cent.
        alone: Whether every image is built by a process of its own, one after another.
    """

    name: str
    about: str
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    folder: str = ""
    umask: int = 0o022
    jobs: int = 2
    reverse: bool = False
    clock_s: int = 0
    newest: bool = False
    nobody: bool = False
    copied: bool = False
    kept: int = 0
    alone: bool = False


FIRST = Condition(name="first", about="two workers, UTC, C.UTF-8, umask 022, nothing cached")


def conditions(locales: frozenset[str]) -> tuple[Condition, ...]:
    """Every condition that can be thought of here; `locales` are those that are installed."""
    language = next((name for word in LANGUAGES for name in sorted(locales) if name.startswith(word)), "")
    spoken = {"LC_ALL": language or "tr_TR.UTF-8", "LANG": language or "tr_TR.UTF-8", "LANGUAGE": "tr:de"}
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    clock = "faketime" if shutil.which("faketime") else "Python's functions shifted"
    return (
        Condition(name="again", about="the same once more"),
        Condition(name="folder", about="in another folder, with a space and an umlaut", folder="else where/ü/deep/er"),
        Condition(name="timezone", about="Pacific/Chatham", environment={"TZ": "Pacific/Chatham"}),
        Condition(name="ascii", about="the locale C, and no UTF-8 mode of Python", environment=ascii_only),
        Condition(name="language", about=language or "tr_TR.UTF-8, which is not installed", environment=spoken),
        Condition(name="umask-077", about="files for the owner alone", umask=0o077),
        Condition(name="umask-000", about="files for everybody", umask=0o000),
        Condition(name="hash-seed", about="PYTHONHASHSEED=4711", environment={"PYTHONHASHSEED": "4711"}),
        Condition(name="hash-random", about="a random hash seed", environment={"PYTHONHASHSEED": "random"}),
        Condition(name="epoch", about="SOURCE_DATE_EPOCH=1", environment={"SOURCE_DATE_EPOCH": "1"}),
        Condition(name="future", about=f"nine years later ({clock})", clock_s=9 * YEAR_S),
        Condition(name="past", about=f"twenty years earlier ({clock})", clock_s=-20 * YEAR_S),
        Condition(name="one-worker", about="one package at a time", jobs=1),
        Condition(name="workers", about="eight workers", jobs=8),
        Condition(name="order", about="images and architectures in the opposite order", reverse=True),
        Condition(name="alone", about="every image by a process of its own, what they share found", alone=True),
        Condition(name="checkout", about="another checkout, read-only, with other times", copied=True),
        Condition(name="nobody", about="not root, checkout and packages read-only", nobody=True),
        Condition(name="python", about="the newest Python", newest=True),
        Condition(name="warm", about="everything cached by the first build", kept=100),
        Condition(name="half-warm", about="half of the first build's records and blobs lost", kept=50, jobs=8),
        Condition(
            name="together", about="all of these at once",
            environment={**ascii_only, "TZ": "America/St_Johns", "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": "1"},
            folder="all/töge ther", umask=0o077, jobs=8, reverse=True, clock_s=9 * YEAR_S, newest=True, nobody=True,
            copied=True,
        ),
    )  # fmt: skip
