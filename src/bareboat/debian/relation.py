"""What packages say about each other: `Depends`, `Conflicts`, `Provides` and their like.

Obeys Debian Policy 7.1, "Syntax of relationship fields", and 7.5, "Virtual packages - Provides".
It computes nothing about which packages exist: that is `plan`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.debian.version import Operator, Version
from bareboat.debian.wildcard import is_meant

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_RELATION = re.compile(
    r"""
    \s*(?P<name>[A-Za-z0-9][A-Za-z0-9+._-]*)
    (?: :(?P<qualifier>[a-z0-9-]+) )?
    \s*(?: \(\s* (?P<operator><<|<=|=|>=|>>|<|>) \s* (?P<version>[^\s()<>=]+) \s*\) )?
    \s*(?: \[\s* (?P<architectures>!?[a-z0-9-]+(?:\s+!?[a-z0-9-]+)*) \s*\] )?
    \s*(?P<profiles>(?: <\s*!?[a-z0-9.+-]+(?:\s+!?[a-z0-9.+-]+)*\s*> \s*)*)
    """,
    re.VERBOSE,
)
_FORMULA = re.compile(r"<([^<>]*)>")

# "The relations < and > were previously allowed, but they were confusingly defined to mean earlier/later or equal
# rather than strictly earlier/later."
_OLD_OPERATORS = {"<": Operator.at_most, ">": Operator.at_least}


@frozen
class Relation:
    """One side of an alternative: `libpq5:any (>= 15) [amd64 !i386] <!nocheck>`.

    `qualifier` is what follows the colon of the name: `any`, `native` or an architecture, empty for nothing.
    `architectures` keep their `!`; every one of `profiles` is one `<…>` with its words.
    """

    name: str
    qualifier: str = ""
    operator: Operator | None = None
    version: Version | None = None
    architectures: tuple[str, ...] = ()
    profiles: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        return " ".join([
            f"{self.name}:{self.qualifier}" if self.qualifier else self.name,
            *([f"({self.operator} {self.version})"] if self.operator else []),
            *([f"[{' '.join(self.architectures)}]"] if self.architectures else []),
            *(f"<{' '.join(words)}>" for words in self.profiles),
        ])

    def applies_to(self, debian_arch: str) -> bool:
        """Whether the relation holds on an architecture.

        It is left out "if the current Debian host architecture is not in this list and there are no exclamation marks
        in the list, or it is in the list with a prepended exclamation mark".
        """
        if not self.architectures:
            return True
        if self.architectures[0].startswith("!"):
            return not any(is_meant(debian_arch, term.removeprefix("!")) for term in self.architectures)
        return any(is_meant(debian_arch, term) for term in self.architectures)

    def applies_under(self, profiles: Iterable[str]) -> bool:
        """Whether the relation holds while building under `profiles`: any one `<…>` must hold with all its words."""
        active = frozenset(profiles)
        return not self.profiles or any(
            all((word.removeprefix("!") in active) != word.startswith("!") for word in words) for words in self.profiles
        )

    def admits(self, version: Version | None) -> bool:
        """Whether a package or a `Provides` of `version` is admitted; None is a `Provides` that names no version.

        Policy 7.5: if a `Provides` "does not specify a version number, it will not satisfy versioned dependencies".
        """
        if self.operator is None or self.version is None:
            return True
        return version is not None and version.satisfies(self.operator, self.version)


@frozen(kw_only=False)
class Group:
    """Alternatives, the most wanted first: `default-mta | mail-transport-agent`."""

    alternatives: tuple[Relation, ...]

    def __str__(self) -> str:
        return " | ".join(str(relation) for relation in self.alternatives)


@frozen(kw_only=False)
class Provision:
    """A name that a package stands in for, with a version when it claims one."""

    name: str
    version: Version | None = None

    def __str__(self) -> str:
        return f"{self.name} (= {self.version})" if self.version else self.name


def parse_relations(text: str, where: str) -> tuple[Group, ...]:
    """Read a relationship field: groups by comma, alternatives by `|`; an empty field has none.

    Args:
        text: The value of the field; it may be folded.
        where: What to call the field in an error.

    Raises:
        FormatError: With the text and a caret under what cannot be read.
    """
    groups: list[Group] = []
    alternatives: list[Relation] = []
    position = 0
    while position < len(text):
        if not alternatives and text[position] in " \t\n,":  # dpkg, too, lets empty groups pass
            position += 1
            continue
        match = _RELATION.match(text, position)
        if match is None:
            raise _cannot_read(text, position, "a package name", where)
        alternatives.append(_relation_of(match, text, where))
        position = match.end()
        follows = text[position : position + 1]
        if follows not in ("", ",", "|"):
            raise _cannot_read(text, position, '"," or "|"', where)
        if follows != "|":
            groups.append(Group(tuple(alternatives)))
            alternatives = []
        position += 1
    if alternatives:
        raise _cannot_read(text, len(text), "a package name", where)
    return tuple(groups)


def parse_relation(text: str, where: str) -> Relation:
    """Read exactly one relation without alternatives, as a person wishes for a package.

    Raises:
        FormatError: When it is none or several, and as `parse_relations`.
    """
    groups = parse_relations(text, where)
    if len(groups) != 1 or len(groups[0].alternatives) != 1:
        raise FormatError(f'{where}: cannot read "{text}" as one relation', hint='such as "libpq5 (>= 15) [amd64]"')
    return groups[0].alternatives[0]


def parse_provides(text: str, where: str) -> tuple[Provision, ...]:
    """Read a `Provides` field, "for which only = is allowed".

    Raises:
        FormatError: For alternatives, another operator, restrictions, and as `parse_relations`.
    """
    provisions = []
    for group in parse_relations(text, where):
        relation = group.alternatives[0]
        plain = len(group.alternatives) == 1 and not relation.architectures and not relation.profiles
        if not plain or relation.operator not in (None, Operator.exactly):
            raise FormatError(f'{where}: cannot provide "{group}": only "name" and "name (= version)" can be provided')
        provisions.append(Provision(relation.name, relation.version))
    return tuple(provisions)


def on_architecture(groups: Iterable[Group], debian_arch: str) -> tuple[Group, ...]:
    """What is left of `groups` on one architecture; a group without an alternative left is gone."""
    kept = (tuple(relation for relation in group.alternatives if relation.applies_to(debian_arch)) for group in groups)
    return tuple(Group(alternatives) for alternatives in kept if alternatives)


def is_package_name(text: str) -> bool:
    """Whether `text` can name a package: what dpkg lets pass, a little more than Policy 5.6.1."""
    return _NAME.fullmatch(text) is not None


def _relation_of(match: re.Match[str], text: str, where: str) -> Relation:
    architectures = tuple((match["architectures"] or "").split())
    # "It is not permitted for some names to be prepended with exclamation marks while others aren't."
    if len({term.startswith("!") for term in architectures}) > 1:
        raise _cannot_read(text, match.start("architectures"), 'architectures all with "!" or all without', where)
    operator = match["operator"]
    try:
        version = Version(match["version"]) if operator else None
    except FormatError as error:
        raise _cannot_read(text, match.start("version"), "a version", where) from error
    return Relation(
        name=match["name"],
        qualifier=match["qualifier"] or "",
        operator=(_OLD_OPERATORS.get(operator) or Operator(operator)) if operator else None,
        version=version,
        architectures=architectures,
        profiles=tuple(tuple(words.split()) for words in _FORMULA.findall(match["profiles"])),
    )


def _cannot_read(text: str, position: int, expected: str, where: str) -> FormatError:
    """The error with the text around `position` and a caret under it."""
    position += len(text[position:]) - len(text[position:].lstrip())
    before = " ".join(text[max(0, position - 60) : position].split("\n"))
    after = " ".join(text[position : position + 40].split("\n"))
    caret = " " * len(before) + "^"
    return FormatError(f"{where}: cannot read the relation, expected {expected}:\n  {before}{after}\n  {caret}")
