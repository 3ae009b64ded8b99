"""Why there is no solution, for people: what asked for what, why each candidate fell out, and what to write."""

from __future__ import annotations

from dataclasses import dataclass

from bareboat.base.problem import suggestion
from bareboat.debian.relation import Group
from bareboat.plan.prefer import Candidate
from bareboat.plan.universe import Universe

_MOST_CANDIDATES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One of the requirements that cannot hold together.

    `refuses` names the package that a conflict is about; `fixed` is the candidate that is settled already.
    """

    wanted_by: str
    group: Group
    refuses: str = ""
    fixed: Candidate | None = None


def explain(universe: Universe, causes: tuple[Cause, ...]) -> tuple[str, str]:
    """A failed resolution as an indented story, and what to write to mend it."""
    told: list[str] = []
    hints: list[str] = []
    for cause in dict.fromkeys(causes):
        told.append(f"  {_claim(cause)}")
        if not cause.refuses and cause.fixed is None:
            told += [f"    {line}" for line in _candidates(universe, cause.group)]
            hint = _hint(universe, cause)
            if hint and hint not in hints:
                hints.append(hint)
    names = dict.fromkeys(relation.name for cause in causes for relation in cause.group.alternatives)
    head = f"cannot choose packages for {universe.architecture}: no version of {', '.join(names)} suits everyone"
    return "\n".join([head, *told]), "; ".join(hints) or "loosen one of these wishes, or take a package away"


def _claim(cause: Cause) -> str:
    if cause.fixed is not None:
        return f"{cause.wanted_by} has {cause.fixed} from {cause.fixed.archive}"
    if cause.refuses:
        return f"{cause.wanted_by} conflicts with {cause.group}"
    return f"{cause.wanted_by} needs {cause.group}"


def _candidates(universe: Universe, group: Group) -> list[str]:
    lines = []
    for relation in group.alternatives:
        found = universe.candidates(relation.name)
        provided = universe.providers(relation.name)
        for candidate in found[:_MOST_CANDIDATES]:
            verdict = "suits" if relation.admits(candidate.package.version) else f"is not {relation.operator} {relation.version}"
            lines.append(f"{candidate} from {candidate.archive} {verdict}")
        for candidate, provision in provided[:_MOST_CANDIDATES]:
            verdict = "suits" if relation.admits(provision.version) else f"is not {relation.operator} {relation.version}"
            lines.append(f"{candidate} from {candidate.archive} provides {provision}, which {verdict}")
        if not found and not provided:
            lines.append(f"no archive has {relation.name} for {universe.architecture}")
    return lines


def _hint(universe: Universe, cause: Cause) -> str:
    for relation in cause.group.alternatives:
        if not universe.knows(relation.name):
            near = suggestion(relation.name, universe.names)
            if near:
                return near
            return f"if it is not needed at run time, write `omit: [{{package: {relation.name}, reason: …}}]`"
    return ""
