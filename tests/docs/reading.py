"""The documentation as tests see it: pages, fenced blocks, headings, links, and the commands in examples."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?:[^\]`]|`[^`]*`)*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+)$", re.MULTILINE)
_ENDS_COMMAND = frozenset({"|", ">", ">>", "<", ";", "&&", "||"})


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its fence, counted from one."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page of the documentation."""
    folders = (ROOT / "docs", ROOT / "changelog.d")
    return [*sorted(ROOT.glob("*.md")), *sorted(page for folder in folders for page in folder.rglob("*.md"))]


def name_of(page: Path) -> str:
    """How a page is called in the names of tests."""
    return str(page.relative_to(ROOT))


def blocks(language: str) -> list[Block]:
    """Every block of all pages in that language."""
    return [block for page in pages() for block in blocks_of(page) if block.language == language]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"])
        for match in _FENCED.finditer(text)
    ]


def prose_of(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def links_of(page: Path) -> list[str]:
    """The targets of the links of a page."""
    return [match["target"] for match in _LINK.finditer(prose_of(page))]


def anchors_of(page: Path) -> set[str]:
    """The anchors that forges give to the headings of a page."""
    return {
        re.sub(r"[^\w\- ]", "", match["text"].replace("`", "").lower()).replace(" ", "-")
        for match in _HEADING.finditer(prose_of(page))
    }


def commands_of(block: Block) -> list[list[str]]:
    """The commands of a console block as words, without their environment; what follows a pipe is its own command."""
    found: list[list[str]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if not line.startswith("$ "):
            continue
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        current: list[str] = []
        for word in [*lexer, ";"]:
            if word in _ENDS_COMMAND:
                found += [current] if current else []
                current = []
            elif current or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*=.*", word):
                current.append(word)
    return found


def command_lines(program: str) -> list[tuple[Block, list[str]]]:
    """Every call of `program` in the console blocks of all pages, with the words after it."""
    return [
        (block, words[1:])
        for block in blocks("console")
        for words in commands_of(block)
        if words[0].rpartition("/")[2] == program
    ]
