"""Why there is no solution, for people: what asked for what, why each candidate fell out, and what to write."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.base.frozen import frozen
from bareboat.base.problem import suggestion
from bareboat.debian.relation import Group, Relation
from bareboat.debian.version import Version
from bareboat.plan.prefer import Candidate
from bareboat.plan.universe import Universe

_MOST_CANDIDATES = 6


@frozen
class Cause:
    """Somebody needs a group, or `fixed` is settled already."""

    wanted_by: str = ""
    group: Group = Group(())
    fixed: Candidate | None = None


@frozen
class Refusal:
    """A package that cannot be together with another one, for the sake of `group`; `verb` is what it does to it."""

    wanted_by: str
    verb: str
    group: Group
    enemy: Candidate


def explain(universe: Universe, reasons: Sequence[Cause | Refusal]) -> tuple[str, str]:
    """A failed resolution as an indented story, and what to write to mend it.

    Args:
        universe: What there was to choose from.
        reasons: What cannot hold together; without any one of them the rest can.
    """
    told: dict[str, None] = {}
    hopeless: list[Cause] = []
    for reason in reasons:
        told.setdefault(f"  {_claim(reason)}")
        if isinstance(reason, Cause) and reason.fixed is None:
            lines = _verdicts(universe, reason.group)
            told |= {f"    {line}": None for line, _ in lines}
            if not any(suits for _, suits in lines):
                hopeless.append(reason)
    head = f"cannot choose packages for {universe.architecture}: "
    head += f'nothing suits "{hopeless[0].group}"' if hopeless else "these do not go together"
    hint = _hint(universe, hopeless[0]) if hopeless else "loosen one of the wishes, or take a package away"
    return "\n".join([head, *told]), hint


def _claim(reason: Cause | Refusal) -> str:
    if isinstance(reason, Refusal):
        is_named = any(relation.name == reason.enemy.name for relation in reason.group.alternatives)
        through = "" if is_named else f", which {reason.enemy} provides"
        return f"{reason.wanted_by} {reason.verb} {reason.group}{through}"
    if reason.fixed is not None:
        return f"a stage below has {reason.fixed} from {reason.fixed.archive}"
    return f"{reason.wanted_by} needs {reason.group}"


def _verdicts(universe: Universe, group: Group) -> list[tuple[str, bool]]:
    """A line for each candidate, and whether it suits."""
    lines: list[tuple[str, bool]] = []
    for relation in group.alternatives:
        named = [
            (f"{candidate} from {candidate.archive} ", candidate.package.version)
            for candidate in universe.candidates(relation.name)
        ]
        provided = [
            (f"{candidate} from {candidate.archive} provides {provision}, which ", provision.version)
            for candidate, provision in universe.providers(relation.name)
        ]
        if not named and not provided:
            lines.append((f"no archive has {relation.name} for {universe.architecture}", False))
        found = [
            (f"{start}{_verdict(relation, version)}", relation.admits(version)) for start, version in named + provided
        ]
        lines += found[:_MOST_CANDIDATES]
        if len(found) > _MOST_CANDIDATES:
            more = found[_MOST_CANDIDATES:]
            lines.append((f"and {len(more)} more", any(suits for _, suits in more)))
    return lines


def _verdict(relation: Relation, version: Version | None) -> str:
    return "suits" if relation.admits(version) else f"is not {relation.operator} {relation.version}"


def _hint(universe: Universe, cause: Cause) -> str:
    """What to write about a need that nothing can meet."""
    for relation in cause.group.alternatives:
        near = "" if universe.knows(relation.name) else suggestion(relation.name, universe.names)
        if near:
            return near
    name = cause.group.alternatives[0].name
    return (
        f"wish for another version of {name}, add an archive that has it to `sources`, "
        f'or, when it is not needed at run time, write `omit: [{{package: {name}, reason: "…"}}]`'
    )
