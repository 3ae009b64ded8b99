"""The text of an expression, in RE2's syntax as Go's `regexp` takes it, read into a tree.

Whatever RE2 refuses is refused: look-around, back-references, possessive quantifiers, `\\Z`.
Names and laziness of groups mean nothing here, where only whether something matches is asked, and are read over.
Scripts of Unicode (`\\p{Greek}`) are the one thing that Go knows and that is refused here.
"""

from __future__ import annotations

import re
from string import ascii_letters, digits

from bareboat.base.errors import FormatError
from bareboat.inspect.expression.classes import (
    ALL,
    PERL,
    POSIX,
    Ranges,
    category,
    characters,
    folded,
    negated,
    ranges_of,
)
from bareboat.inspect.expression.syntax import At, Characters, Choice, Node, Place, Repetition, Sequence

MOST_CHARACTERS = 10_000
MOST_DEPTH = 100
MOST_TIMES = 1000  # RE2's own limit

_NEWLINE = characters("\n")
_COUNT = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:(-)([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_UNICODE = re.compile(r"(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))")
_HEXADECIMAL = re.compile(r"(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_PLACES = {"A": Place.text_begin, "z": Place.text_end, "b": Place.word_edge, "B": Place.no_word_edge}
_LOOKS = {"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind", "(?>": "an atom"}
_TIMES: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def read_expression(text: str) -> Node:
    """The tree of `text`.

    Raises:
        FormatError: When RE2 would refuse it, and for more than 10,000 characters or 100 groups inside each other.
    """
    if len(text) > MOST_CHARACTERS:
        raise FormatError(f"cannot read an expression of {len(text)} characters", hint=f"{MOST_CHARACTERS} are most")
    reader = _Reader(text)
    node = reader.branches(0)
    if reader.at < len(text):
        raise reader.fault('")" closes no group', r"write \) for the character")
    return node


class _Reader:
    """Where reading is, and which flags hold there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._flags: frozenset[str] = frozenset()
        self._names: set[str] = set()
        self._repeated_at = -1
        self.at = 0

    def fault(self, what: str, hint: str = "") -> FormatError:
        """The error of an expression; `what` says what is wrong."""
        return FormatError(f'cannot read the expression "{self._text[:200]}": {what}', hint=hint or None)

    def branches(self, depth: int) -> Node:
        """What stands until the group ends, or the text."""
        found: list[list[Node]] = [[]]
        while self.at < len(self._text) and self._text[self.at] != ")":
            if self._text[self.at] == "|":
                self.at += 1
                found.append([])
            else:
                self._item(found[-1], depth)
        nodes = tuple(branch[0] if len(branch) == 1 else Sequence(tuple(branch)) for branch in found)
        return nodes[0] if len(nodes) == 1 else Choice(nodes)

    def _item(self, branch: list[Node], depth: int) -> None:
        character = self._text[self.at]
        times = self._times()
        if times is not None:
            self._repeat(branch, *times)
        elif character == "(":
            self._group(branch, depth)
        elif character == "[":
            branch.append(Characters(self._class()))
        elif character == "\\":
            self._escaped(branch)
        else:
            self.at += 1
            branch.append(self._plain(character))

    def _plain(self, character: str) -> Node:
        match character:
            case ".":
                return Characters(ALL if "s" in self._flags else negated(_NEWLINE))
            case "^":
                return At(Place.line_begin if "m" in self._flags else Place.text_begin)
            case "$":
                return At(Place.line_end if "m" in self._flags else Place.text_end)
            case _:
                return self._literal(character)

    def _literal(self, character: str) -> Node:
        found = characters(character)
        return Characters(folded(found) if "i" in self._flags else found)

    def _times(self) -> tuple[str, int, int | None] | None:
        """The quantifier that stands here and how often it repeats; None for what is none."""
        character = self._text[self.at]
        if character in _TIMES:
            return (character, *_TIMES[character])
        match = _COUNT.match(self._text, self.at)
        if match is None:
            return None
        least = int(match[1]) if len(match[1]) < 6 else MOST_TIMES + 1
        most = least
        if match[2]:
            most = int(match[3]) if match[3] and len(match[3]) < 6 else MOST_TIMES + 1 if match[3] else -1
        if max(least, most) > MOST_TIMES or 0 <= most < least:
            raise self.fault(f'"{match[0]}" is no count of repetitions', f"{MOST_TIMES} is the most")
        return match[0], least, None if most < 0 else most

    def _repeat(self, branch: list[Node], written: str, least: int, most: int | None) -> None:
        if not branch:
            raise self.fault(f'"{written}" repeats nothing', f"write \\{written[0]} for the character")
        if self._repeated_at == self.at:
            raise self.fault(f'"{written}" repeats a repetition', "RE2 has no possessive quantifiers; group with (?:…)")
        self.at += len(written)
        if self._text.startswith("?", self.at):  # whether it is lazy makes no difference to whether it matches
            self.at += 1
        self._repeated_at = self.at
        branch[-1] = Repetition(branch[-1], least, most)

    def _group(self, branch: list[Node], depth: int) -> None:
        if depth >= MOST_DEPTH:
            raise self.fault(f"its groups are nested more than {MOST_DEPTH} deep")
        before = self._flags
        if self._text.startswith("(?", self.at):
            if self._begin_special():
                return
        else:
            self.at += 1
        branch.append(self.branches(depth + 1))
        if not self._text.startswith(")", self.at):
            raise self.fault("a group is not closed", r"write \( for the character")
        self.at += 1
        self._flags = before

    def _begin_special(self) -> bool:
        """Step over the beginning of `(?…`; True when it was flags alone, and no group begins."""
        named = _NAMED.match(self._text, self.at)
        if named is not None:
            if named[1] in self._names:
                raise self.fault(f'two groups are called "{named[1]}"')
            self._names.add(named[1])
            self.at = named.end()
            return False
        flags = _FLAGS.match(self._text, self.at)
        if flags is None:
            look = next((what for begin, what in _LOOKS.items() if self._text.startswith(begin, self.at)), "")
            said = f"RE2 has no {look}" if look else f'"{self._text[self.at : self.at + 4]}" begins no group'
            raise self.fault(said, "what must not match can be an excluded expression" if look else "")
        self._flags = (self._flags | set(flags[1])) - set(flags[3] or "")
        self.at = flags.end()
        return flags[4] == ")"

    def _escaped(self, branch: list[Node]) -> None:
        following = self._text[self.at + 1 : self.at + 2]
        if following in _PLACES and following:
            self.at += 2
            branch.append(At(_PLACES[following]))
        elif following == "Q":
            text, _, _ = self._text[self.at + 2 :].partition(r"\E")
            self.at = min(self.at + 4 + len(text), len(self._text))
            branch.extend(self._literal(character) for character in text)
        elif following == "E":
            self.at += 2
        else:
            named = self._named_class()
            branch.append(Characters(named) if named is not None else self._literal(self._character()))

    def _named_class(self) -> Ranges | None:
        r"""The class that `\d`, `\pL` or `\P{Lu}` names; None where something else stands."""
        following = self._text[self.at + 1 : self.at + 2]
        if following.lower() in PERL:
            self.at += 2
            found = self._perhaps_folded(PERL[following.lower()])
            return found if following.islower() else negated(found)
        if following not in ("p", "P"):
            return None
        match = _UNICODE.match(self._text, self.at + 2)
        name = (match[2] or match[3]) if match else ""
        ranges = category(name)
        if match is None or ranges is None:
            hint = "general categories of one or two letters are known, such as \\pL and \\p{Lu}; scripts are not"
            raise self.fault(f'"{self._text[self.at : self.at + 2]}" names no class', hint)
        self.at = match.end()
        ranges = self._perhaps_folded(ranges)
        return ranges if (following == "P") == (match[1] == "^") else negated(ranges)

    def _character(self) -> str:
        """The character that stands here behind a backslash."""
        rest = self._text[self.at + 1 :]
        following = rest[:1]
        octal = _OCTAL.match(rest)
        if octal is not None:
            self.at += 1 + octal.end()
            return chr(int(octal[0], 8))
        if following == "x":
            match = _HEXADECIMAL.match(rest, 1)
            point = int((match[1] or match[2])[-8:], 16) if match and len(match[1] or "") <= 8 else -1
            if match is None or not 0 <= point < 0x110000:
                raise self.fault(r'"\x" names no character', r"write \x7F or \x{10FFFF}")
            self.at += 1 + match.end()
            return chr(point)
        if following in _CONTROLS and following:
            self.at += 2
            return _CONTROLS[following]
        if following and following.isascii() and following not in ascii_letters + digits:
            self.at += 2
            return following
        hint = {"Z": r"\z is the end of the text", "": "a backslash itself is two of them"}.get(following, "")
        hint = "RE2 has no back-references" if following.isdigit() else hint
        raise self.fault(f'RE2 has no "\\{following}"', hint)

    def _class(self) -> Ranges:
        """The set in brackets that begins here."""
        begin = self.at
        self.at += 1
        negative = self._text.startswith("^", self.at)
        self.at += negative
        found: list[tuple[int, int]] = []
        first = True
        while first or not self._text.startswith("]", self.at):
            if self.at >= len(self._text):
                raise self.fault(f'"{self._text[begin : begin + 10]}" is not closed', r"write \[ for the character")
            first = False
            found += self._class_part()
        self.at += 1
        ranges = ranges_of(found)
        return negated(ranges) if negative else ranges

    def _class_part(self) -> Ranges:
        if self._text.startswith("[:", self.at):
            match = _POSIX.match(self._text, self.at)
            if match is not None:
                if match[2] not in POSIX:
                    raise self.fault(f'"{match[0]}" names no class', f"one of: {', '.join(POSIX)}")
                self.at = match.end()
                ranges = self._perhaps_folded(POSIX[match[2]])
                return negated(ranges) if match[1] else ranges
        if self._text.startswith("\\", self.at):
            named = self._named_class()
            if named is not None:
                return named
        low = self._class_character()
        high = low
        if self._text.startswith("-", self.at) and self._text[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self._class_character()
        if high < low:
            raise self.fault(f'"{low}-{high}" is an empty range')
        return self._perhaps_folded(((ord(low), ord(high)),))

    def _perhaps_folded(self, ranges: Ranges) -> Ranges:
        return folded(ranges) if "i" in self._flags else ranges

    def _class_character(self) -> str:
        if self.at >= len(self._text):
            raise self.fault("a class is not closed", r"write \[ for the character")
        if self._text[self.at] == "\\":
            return self._character()
        self.at += 1
        return self._text[self.at - 1]
