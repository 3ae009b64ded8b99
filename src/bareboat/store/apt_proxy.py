"""The proxy that this machine's apt uses, for machines that set it there and nowhere else: apt.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_PIECE = re.compile(
    r'//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)|"((?:[^"\\]|\\.?)*)(?:"|\Z)|([{};])|((?:(?!//)[^\s{};"])+)', re.DOTALL
)
_SETTING = re.compile(r"acquire::(https?)::proxy")


def machine_proxies(root: Path = Path("/")) -> dict[str, str]:
    """By scheme, the proxies of the machine whose root folder is `root`, in the order in which apt reads its files."""
    apt = root / "etc/apt"
    proxies: dict[str, str] = {}
    for file in (*sorted((apt / "apt.conf.d").glob("*")), apt / "apt.conf"):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        proxies |= proxies_of(text)
    return {scheme: proxy for scheme, proxy in proxies.items() if proxy.upper() != "DIRECT"}


def proxies_of(text: str) -> dict[str, str]:
    """By scheme, the proxies in one file; `DIRECT` is as apt means it, an unknown syntax is passed by."""
    proxies = {}
    for name, value in _settings(_pieces(text)):
        if value and (match := _SETTING.fullmatch(name.lower())):
            proxies[match[1]] = value
    return proxies


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Words and marks, each with whether it is a mark."""
    for match in _PIECE.finditer(text):
        quoted, mark, word = match.groups()
        if quoted is not None or word is not None:
            yield (quoted if quoted is not None else word), False
        elif mark is not None:
            yield mark, True


def _settings(pieces: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    """Every `name value;` with the names of the blocks around it in front."""
    around: list[str] = []
    words: list[str] = []
    for piece, is_mark in pieces:
        if not is_mark:
            words.append(piece)
            continue
        if piece == ";" and len(words) == 2:
            yield "::".join([*around, words[0]]), words[1]
        elif piece == "{":
            around.append(words[0] if words else "")
        elif piece == "}":
            del around[-1:]
        words = []
