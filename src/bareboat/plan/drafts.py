"""The contents of stages while later steps may still take something away; the rules are stated in `plan.inherit`.

In the finished stages of one chain every account and upstream program stands once, and so does every path for an
architecture: the last word about it, in the stage that spoke it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bareboat.base.platform import ARCHITECTURES
from bareboat.base.problem import Place, Problems, suggestion
from bareboat.plan.components import COMPONENTS
from bareboat.plan.config.config import (
    Accounts,
    FileWish,
    GroupWish,
    ImageWish,
    PackageWish,
    TrustWish,
    UpstreamWish,
    UserWish,
)
from bareboat.plan.recipe import Stage

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*")
_EVERYWHERE = tuple(arch.oci for arch in ARCHITECTURES)


def package_of(relation: str) -> str:
    """The name of the package that a wish is for first: `libpq5` of `libpq5:any (>= 15) | libpq4`."""
    match = _PACKAGE.match(relation)
    return match[0] if match else relation


@dataclass(slots=True)
class _Draft:
    name: str
    where: str
    title: str = ""
    packages: list[PackageWish] = field(default_factory=list)
    upstream: dict[str, UpstreamWish] = field(default_factory=dict)
    files: list[FileWish] = field(default_factory=list)
    users: dict[str, UserWish] = field(default_factory=dict)
    groups: dict[str, GroupWish] = field(default_factory=dict)
    trust: list[TrustWish] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)

    def finished(self) -> Stage:
        return Stage(
            name=self.name,
            title=self.title,
            packages=tuple(self.packages),
            upstream=tuple(self.upstream.values()),
            files=tuple(self.files),
            accounts=Accounts(users=tuple(self.users.values()), groups=tuple(self.groups.values())),
            trust=tuple(self.trust),
            effects=tuple(self.effects),
        )


class Drafts:
    """The stages of a chain, root first; what is added goes to the newest."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._drafts: list[_Draft] = []

    def begin(self, name: str, where: str) -> None:
        """Open a stage; `where` is what its image is called in errors."""
        self._drafts.append(_Draft(name, where))

    def add(self, wish: ImageWish) -> None:
        """Add what `wish` puts into the image, and take away what it takes away."""
        draft = self._drafts[-1]
        draft.title = wish.title or draft.title
        self._add_packages(wish.packages)
        self._add_files(wish.files)
        self._add_users(wish.accounts.users)
        self._add_groups(wish.accounts.groups)
        for program in wish.upstream:
            for earlier in self._drafts:
                earlier.upstream.pop(program.name, None)
            draft.upstream[program.name] = program
        self._add_components(wish)
        draft.trust += [item for item in wish.trust if item not in draft.trust]
        draft.effects += [name for name in wish.effects if name not in draft.effects]

    def stages(self) -> tuple[Stage, ...]:
        """Every stage, also an empty one."""
        return tuple(draft.finished() for draft in self._drafts)

    def _add_components(self, wish: ImageWish) -> None:
        """A component stands in the first stage that wants it: those above find it there."""
        for name in wish.components:
            version = COMPONENTS[name]
            there = (draft.upstream.get(name) for draft in self._drafts)
            if all(program is None or program.version != version for program in there):
                self._drafts[-1].upstream[name] = UpstreamWish(name=name, version=version, place=wish.place)

    def _add_packages(self, wishes: Iterable[PackageWish]) -> None:
        for wish in wishes:
            if not wish.remove:
                self._drafts[-1].packages.append(wish)
                continue
            name = package_of(wish.relation)
            there = {package_of(other.relation) for draft in self._drafts for other in draft.packages}
            for draft in self._drafts:
                draft.packages = [other for other in draft.packages if package_of(other.relation) != name]
            if name not in there:
                self._nothing_to_take("packages", name, wish.place, there)

    def _add_files(self, wishes: Sequence[FileWish]) -> None:
        for position, wish in enumerate(wishes):
            if any(_overlap(wish, other) for other in wishes[:position]):
                message = f'{self._drafts[-1].where}.files: "/{wish.path}" stands twice'
                self._problems.add(wish.place, message, "keep one of them, or give each its architectures")
            overlaps = any(_overlap(wish, other) for draft in self._drafts for other in draft.files)
            for draft in self._drafts:
                draft.files = [left for other in draft.files for left in _without(other, wish)]
            if not wish.remove or not overlaps:
                self._drafts[-1].files.append(wish)

    def _add_users(self, wishes: Iterable[UserWish]) -> None:
        for wish in wishes:
            there = {name for draft in self._drafts for name in draft.users}
            for draft in self._drafts:
                draft.users.pop(wish.name, None)
            if not wish.remove:
                self._drafts[-1].users[wish.name] = wish
            elif wish.name not in there:
                self._nothing_to_take("accounts.users", wish.name, wish.place, there)

    def _add_groups(self, wishes: Iterable[GroupWish]) -> None:
        for wish in wishes:
            there = {name for draft in self._drafts for name in draft.groups}
            for draft in self._drafts:
                draft.groups.pop(wish.name, None)
            if not wish.remove:
                self._drafts[-1].groups[wish.name] = wish
            elif wish.name not in there:
                self._nothing_to_take("accounts.groups", wish.name, wish.place, there)

    def _nothing_to_take(self, key: str, name: str, place: Place, there: Iterable[str]) -> None:
        message = f'{self._drafts[-1].where}.{key}: takes "{name}" away, which no parent has'
        self._problems.add(place, message, suggestion(name, there))


def _overlap(one: FileWish, other: FileWish) -> bool:
    """Whether both are about the same path on some architecture."""
    ours, theirs = one.architectures or _EVERYWHERE, other.architectures or _EVERYWHERE
    return one.path == other.path and not set(ours).isdisjoint(theirs)


def _without(wish: FileWish, taken: FileWish) -> list[FileWish]:
    """What is left of `wish` where `taken` has the last word: all, some architectures, or nothing."""
    if not _overlap(wish, taken):
        return [wish]
    left = tuple(
        name for name in wish.architectures or _EVERYWHERE if name not in (taken.architectures or _EVERYWHERE)
    )
    return [replace(wish, architectures=left)] if left else []
