"""The distros: suites, signers and lifetimes, read from the catalogue's data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from bareboat.base.document import Document
from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import suggestion
from bareboat.plan.data import catalog_document


@frozen
class Suite:
    """One suite of Debian: the archive it is in, its name under `dists/`, its components, and who may sign it.

    `keys` are file names among the catalogue's archive keys.
    """

    archive: str
    suite: str
    keys: tuple[str, ...]
    components: tuple[str, ...] = ("main",)


@frozen
class Distro:
    """A release of Debian; `end_of_life` is the last day of long-term support, as `YYYY-MM-DD`, or empty."""

    name: str
    title: str
    version: str
    codename: str
    suites: tuple[Suite, ...]
    merged_usr: bool
    end_of_life: str = ""
    preview: bool = False
    default: bool = False


@cache
def distros() -> Mapping[str, Distro]:
    """Every distro of the catalogue by name, oldest first."""
    items = catalog_document("distros.yaml").items()
    return MappingProxyType({name: _distro(name, fields) for name, fields in items})


def default_distro() -> Distro:
    """The distro that an image name without one means."""
    return next(distro for distro in distros().values() if distro.default)


def distro(name: str) -> Distro:
    """The distro called `name`.

    Raises:
        UsageError: When there is none.
    """
    found = distros().get(name)
    if found is None:
        known = f"one of: {', '.join(distros())}"
        raise UsageError(f'unknown distro "{name}"', hint=suggestion(name, distros()) or known)
    return found


def codenames() -> tuple[str, ...]:
    """The code names of all distros."""
    return tuple(distro.codename for distro in distros().values())


def _distro(name: str, fields: Document) -> Distro:
    codename = fields.string("codename")
    suites = tuple(
        Suite(
            archive=suite.string("archive"),
            suite=suite.string("suite"),
            keys=suite.strings("keys"),
        )
        for suite in fields.documents("suites")
    )
    return Distro(
        name=name,
        title=fields.string("title"),
        version=fields.string("version"),
        codename=codename,
        suites=suites,
        merged_usr=fields.boolean("merged-usr"),
        end_of_life=fields.optional_string("end-of-life") or "",
        preview=fields.has("preview") and fields.boolean("preview"),
        default=fields.has("default") and fields.boolean("default"),
    )
