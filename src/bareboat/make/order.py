"""What is to be built, as a value: one recipe on one architecture, with the decisions of its lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.errors import StaleLockError
from bareboat.base.platform import Architecture
from bareboat.make.layering import Step
from bareboat.plan.config import Accounts, FileWish, TrustWish
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedPackage
from bareboat.plan.recipe import Recipe, Stage
from bareboat.plan.upstream import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One image on one architecture; `folder` is where local files of the configuration are relative to."""

    recipe: Recipe
    architecture: Architecture
    distro: Distro
    lock: Lock
    programs: Mapping[str, Program]
    folder: Path

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages, those of debug variants last."""
        return (*self.recipe.stages, *self.recipe.debug_stages)

    def steps(self) -> tuple[Step, ...]:
        """One step for each stage, with the packages that the lock has for it.

        Raises:
            StaleLockError: When the lock has other stages, or not this architecture.
        """
        image = self.lock.images.get(self.recipe.name)
        locked = image.stages.get(self.architecture.oci) if image is not None else None
        if locked is None or len(locked) != len(self.stages):
            raise StaleLockError(
                f"the lock does not have {self.recipe.name} for {self.architecture}", hint="run `bareboat lock`"
            )
        normal = len(self.recipe.stages)
        return tuple(
            Step(
                about=stage.name,
                packages=tuple(self.lock.packages[name] for name in decided.packages),
                upstream=tuple(self.lock.upstream[name] for name in decided.upstream),
                stages=(position,),
                is_debug=position >= normal,
            )
            for position, (stage, decided) in enumerate(zip(self.stages, locked, strict=True))
        )

    def packages(self, *, debug: bool) -> tuple[LockedPackage, ...]:
        """Every package of the image, sorted by name."""
        steps = [step for step in self.steps() if debug or not step.is_debug]
        return tuple(sorted((package for step in steps for package in step.packages), key=lambda one: one.name))

    @property
    def versions(self) -> dict[str, str]:
        """The versions of everything in the image, debug variants included, by name."""
        steps = self.steps()
        packages = {package.name: package.version for step in steps for package in step.packages}
        return packages | {program.name: program.version for step in steps for program in step.upstream}

    def effects(self, stages: tuple[int, ...]) -> tuple[str, ...]:
        """The effects of those stages."""
        return tuple(dict.fromkeys(name for position in stages for name in self.stages[position].effects))

    def files(self, stages: tuple[int, ...]) -> tuple[FileWish, ...]:
        """The files of those stages that this architecture gets, a later one of the same path winning."""
        wishes = {
            wish.path: wish
            for position in stages
            for wish in self.stages[position].files
            if wish.architectures is None or self.architecture.oci in wish.architectures
        }
        return tuple(wishes[path] for path in sorted(wishes))

    def accounts(self, stages: tuple[int, ...]) -> Accounts:
        """The accounts of those stages together, a later one of the same name winning, in their order."""
        users = {user.name: user for position in stages for user in self.stages[position].accounts.users}
        groups = {group.name: group for position in stages for group in self.stages[position].accounts.groups}
        return Accounts(
            users=tuple(user for user in users.values() if not user.remove),
            groups=tuple(group for group in groups.values() if not group.remove),
        )

    def trust(self, stages: tuple[int, ...]) -> tuple[TrustWish, ...]:
        """The further authorities of those stages."""
        return tuple(wish for position in stages for wish in self.stages[position].trust)
