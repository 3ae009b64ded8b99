"""What is to be built, as a value: one recipe on one architecture, with the decisions of its lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from bareboat.base.errors import StaleLockError
from bareboat.base.platform import Architecture
from bareboat.debian.relation import parse_relation
from bareboat.make.layering import Step
from bareboat.plan.config.config import Accounts, FileWish, TrustWish
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedBaseImage, LockedPackage, LockedStage
from bareboat.plan.recipe import Recipe, Stage
from bareboat.plan.upstream import Program


@dataclass(frozen=True, kw_only=True)  # no slots: what is worked out from the fields is kept beside them
class Order:
    """One image on one architecture; `folder` is where local files of the configuration are relative to.

    Without `debug` no layers are made that only debug variants have; nothing else differs.
    """

    recipe: Recipe
    architecture: Architecture
    distro: Distro
    lock: Lock
    programs: Mapping[str, Program]
    folder: Path
    debug: bool = True

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages, those of debug variants last."""
        return (*self.recipe.stages, *self.recipe.debug_stages)

    @cached_property
    def locked(self) -> tuple[LockedStage, ...]:
        """What the lock has for each stage.

        Raises:
            StaleLockError: When it has other stages, or not this architecture.
        """
        image = self.lock.images.get(self.recipe.name)
        locked = image.stages.get(self.architecture.oci) if image is not None else None
        if locked is None or len(locked) != len(self.stages):
            raise StaleLockError(
                f"the lock does not have {self.recipe.name} for {self.architecture}", hint="run `bareboat lock`"
            )
        return locked

    @property
    def base(self) -> LockedBaseImage | None:
        """The image of a registry or a layout that it stands on, if any.

        Raises:
            StaleLockError: When the lock does not have the one that the recipe wishes for.
        """
        wish = self.recipe.base_image
        if wish is None:
            return None
        found = self.lock.base_of(self.recipe.name, self.architecture.oci)
        if found is None:
            raise StaleLockError(f"the lock does not have {wish.reference}", hint="run `bareboat lock`")
        return found

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """One step for each stage, with the packages that the lock has for it.

        Raises:
            StaleLockError: As `locked`.
        """
        normal = len(self.recipe.stages)
        return tuple(
            Step(
                about=stage.name,
                packages=tuple(self.lock.packages[name] for name in decided.packages),
                upstream=tuple(self.lock.upstream[name] for name in decided.upstream),
                stages=(position,),
                is_debug=position >= normal,
            )
            for position, (stage, decided) in enumerate(zip(self.stages, self.locked, strict=True))
        )

    def packages(self, *, debug: bool) -> tuple[LockedPackage, ...]:
        """Every package of the image, sorted by name."""
        steps = [step for step in self.steps if debug or not step.is_debug]
        return tuple(sorted((package for step in steps for package in step.packages), key=lambda one: one.name))

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The versions of everything in the image, debug variants included, by name."""
        packages = {package.name: package.version for step in self.steps for package in step.packages}
        programs = {program.name: program.version for step in self.steps for program in step.upstream}
        return MappingProxyType(packages | programs)

    def program(self, name: str) -> Program:
        """The upstream program called `name`.

        Raises:
            StaleLockError: When the lock names one that the catalogue does not have.
        """
        found = self.programs.get(name)
        if found is None:
            raise StaleLockError(
                f'the lock has the program "{name}", which the catalogue does not have',
                hint="run `bareboat lock` to record the change",
            )
        return found

    def wishes(self, *, debug: bool) -> str:
        """The packages and programs that were asked for, by the lock's names of the stages: `stage: a b; stage: c`."""
        said = []
        for step, stage, decided in zip(self.steps, self.stages, self.locked, strict=True):
            relations = [parse_relation(wish.relation, decided.name) for wish in stage.packages]
            names = [one.name for one in relations if one.applies_to(self.architecture.debian)]
            names += [wish.name for wish in stage.upstream]
            if names and (debug or not step.is_debug):
                said.append(f"{decided.name}: {' '.join(sorted(set(names)))}")
        return "; ".join(said)

    @property
    def missing(self) -> tuple[str, ...]:
        """The suites of the distro whose index for this architecture could not be had: `archive/suite`, sorted."""
        return tuple(
            archive.name.partition("/")[2]
            for _, archive in sorted(self.lock.archives.items())
            if archive.name.partition("/")[0] == self.recipe.distro and self.architecture.debian in archive.missing
        )

    def removed(self, *, debug: bool) -> tuple[str, ...]:
        """Globs of what the configuration takes away from packages, sorted; those of debug stages when asked for."""
        stages = self.stages if debug else self.recipe.stages
        paths = {wish.path for stage in stages for wish in stage.files if wish.remove and self._is_meant(wish)}
        return tuple(f"{path}/**" for path in sorted(paths))

    def effects(self, stages: tuple[int, ...]) -> tuple[str, ...]:
        """The effects of those stages."""
        return tuple(dict.fromkeys(name for position in stages for name in self.stages[position].effects))

    def files(self, stages: tuple[int, ...]) -> tuple[FileWish, ...]:
        """The files of those stages that this architecture gets, a later one of the same path winning."""
        wishes = {
            wish.path: wish
            for position in stages
            for wish in self.stages[position].files
            if self._is_meant(wish) and not wish.remove
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

    def _is_meant(self, wish: FileWish) -> bool:
        return wish.architectures is None or self.architecture.oci in wish.architectures
