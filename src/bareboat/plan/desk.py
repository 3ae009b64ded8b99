"""What lies on the desk when a command begins: the configuration, if there is one, its lock, and what can be built.

Reads files; never the network.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bareboat.base.errors import LockError, StoreError, UsageError
from bareboat.plan.catalog import Catalog, catalog
from bareboat.plan.config.config import Compression, Config, PinnedSource
from bareboat.plan.inherit import config_recipes
from bareboat.plan.lock import Lock
from bareboat.plan.lock_file import GIVE_A_LOCK, format_lock, parse_lock
from bareboat.plan.names import Selection, every, select
from bareboat.plan.recipe import Recipe
from bareboat.plan.recipes import Recipes
from bareboat.store.output import output_file

CONFIG_NAME = "bareboat.yaml"
LOCK_NAME = "bareboat.lock"


@dataclass(frozen=True)
class Desk:
    """The configuration's path (it may not exist), and everything that follows from it."""

    path: Path
    config: Config | None
    lock_path: Path

    @classmethod
    def at(cls, path: Path | None, lock_path: Path | None = None) -> Desk:
        """The desk of a configuration; without a path, `bareboat.yaml` of this folder where there is one.

        Raises:
            ConfigurationError: When the configuration has faults.
        """
        chosen = path or Path(CONFIG_NAME)
        config = None
        if path is not None or chosen.is_file():
            from bareboat.plan.config.yaml import read_config  # imports PyYAML, which the catalogue does without

            config = read_config(chosen, catalog())
        return cls(chosen, config, lock_path or chosen.with_name(LOCK_NAME))

    @property
    def folder(self) -> Path:
        """What local files of the configuration are relative to."""
        return self.path.parent

    @property
    def catalog(self) -> Catalog:
        """The catalogue."""
        return catalog()

    @property
    def default_distro(self) -> str:
        """The distro that a name without one means."""
        return (self.config.distro if self.config is not None else None) or self.catalog.default_distro

    @property
    def sources(self) -> tuple[PinnedSource, ...]:
        """The configuration's further archives."""
        return self.config.sources if self.config is not None else ()

    @property
    def compression(self) -> str:
        """How layers are compressed where nobody says."""
        chosen = self.config.compression if self.config is not None else None
        return str(chosen or Compression.gzip)

    @cached_property
    def own(self) -> tuple[Recipe, ...]:
        """The configuration's images."""
        return config_recipes(self.config, self.catalog) if self.config is not None else ()

    @cached_property
    def recipes(self) -> Recipes:
        """Everything that can be built: the configuration's images, then the catalogue's."""
        return Recipes(self.own, self.catalog)

    def chosen(self, names: Sequence[str], *, everything: bool = False) -> tuple[Selection, ...]:
        """What a command is about: the named images, else those of the configuration, else an error.

        Raises:
            UsageError: When nothing was named and there is no configuration, or a name means nothing.
        """
        if names:
            return select(self.recipes, names, self.default_distro)
        if everything:
            return every(self.recipes.values())
        if self.config is not None and not self.own:
            raise UsageError(f"nothing to do: {self.path} has no images", hint="name an image, such as python3")
        if not self.own:
            other = self.path.with_suffix(".yml")
            if other.is_file():
                hint = f"call {other} so, or write -f {other}"
                raise UsageError(f"nothing to do: there is no {self.path}", hint=hint)
            raise UsageError(
                f"nothing to do: there is no {CONFIG_NAME} here, and no image was named",
                hint="name an image, such as python3, or --all for the whole catalogue",
            )
        return every(self.own)

    def read_lock(self) -> Lock | None:
        """The lock beside the configuration, or None.

        Raises:
            LockError: When it cannot be read.
        """
        return lock_at(self.lock_path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one command at a time decides on the lock of a folder; others wait here for their turn.

        The folder itself is locked (flock(2)), so that no file is left behind.
        """
        try:
            folder = os.open(self.lock_path.parent, os.O_RDONLY)
        except OSError:
            yield  # there is no such folder: writing will say so
            return
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def write_lock(self, lock: Lock) -> bool:
        """Write the lock where it changed; whether it did.

        Raises:
            StoreError: When this machine refuses.
        """
        text = format_lock(lock)
        try:
            if self.lock_path.read_text(encoding="utf-8") == text:
                return False
        except (OSError, UnicodeDecodeError):
            pass
        if not self.lock_path.parent.is_dir():
            raise StoreError(f'cannot write {self.lock_path}: there is no folder "{self.lock_path.parent}"')
        with output_file(self.lock_path) as stream:
            stream.write(text.encode())
        return True


def lock_at(path: Path, *, needed: bool = False) -> Lock | None:
    """The lock at `path`; None when there is none, unless it is needed.

    Raises:
        LockError: When it cannot be read, or is needed and not there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if needed:
            raise LockError(f"there is no {path}", hint=GIVE_A_LOCK) from error
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot read {path}: {error}") from error
    return parse_lock(text, str(path))
