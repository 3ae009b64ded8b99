"""Programs that are not Debian's, pinned by the content of their files: which version a wish means.

The pins stand in the catalogue's data; where the bytes come from is a list of sources, and content decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from bareboat.base.digest import sha256
from bareboat.base.document import Document
from bareboat.base.errors import InternalError, ResolutionError
from bareboat.base.frozen import frozen
from bareboat.base.platform import Architecture
from bareboat.base.problem import suggestion
from bareboat.plan.config.config import UpstreamWish
from bareboat.plan.data import catalog_bytes, catalog_document
from bareboat.plan.lock import LockedFile, LockedUpstream

CARRIED = "carried"
"""The kind of source that is a folder of the catalogue."""

BUILD_RECORD = "build.json"
"""The file of such a folder that says how its programs were made, and pins them."""


@frozen
class Installed:
    """Where one file of an upstream program goes: `member` is its name in the program's archives."""

    member: str
    path: str
    mode: int


@frozen
class Program:
    """An upstream program of the catalogue.

    `sources` are templates of addresses by kind (`dist`: the project's own layout; `npm`: a package name; `carried`: a
    folder of the catalogue, which has the files), with `{version}` and `{npm}` (npm's name of the architecture).
    `pins` are versions by release line.
    """

    name: str
    title: str
    files: tuple[Installed, ...]
    sources: Mapping[str, str]
    pins: Mapping[str, Mapping[str, LockedUpstream]]

    def line(self, version: str) -> Mapping[str, LockedUpstream]:
        """The pinned builds of a release line by architecture (OCI's names).

        Raises:
            ResolutionError: When there is no such line.
        """
        found = self.pins.get(version)
        if found is None:
            known = ", ".join(self.pins)
            raise ResolutionError(f'{self.name}: no release line "{version}" is pinned', hint=f"one of: {known}")
        return found


@cache
def programs() -> Mapping[str, Program]:
    """Every upstream program of the catalogue by name."""
    items = catalog_document("upstream.yaml").items()
    return MappingProxyType({name: _program(name, fields) for name, fields in items})


def program(name: str) -> Program:
    """The upstream program called `name`.

    Raises:
        ResolutionError: When the catalogue has none.
    """
    found = programs().get(name)
    if found is None:
        raise ResolutionError(f'no upstream program is called "{name}"', hint=suggestion(name, programs()) or None)
    return found


def pinned(wish: UpstreamWish, architecture: Architecture) -> LockedUpstream:
    """The build that a wish means on an architecture.

    Raises:
        ResolutionError: When there is none.
    """
    line = program(wish.name).line(wish.version)
    found = line.get(architecture.oci)
    if found is None:
        raise ResolutionError(
            f"{wish.name} {wish.version} has no build for {architecture}", hint=f"it has: {', '.join(line)}"
        )
    return found


def _program(name: str, fields: Document) -> Program:
    sources = fields.string_map("sources")
    if CARRIED in sources:
        # What is carried has its pins beside it, in the record of how it was made.
        written = catalog_bytes(sources[CARRIED], BUILD_RECORD) or b""
        record, evidence = Document.parse(written, BUILD_RECORD, InternalError), "carried by Bareboat"
    else:
        record, evidence = fields, "pinned by the catalogue"
    pins: dict[str, Mapping[str, LockedUpstream]] = {}
    for line, pin in record.document("pins").items():
        version = pin.string("version")
        builds = {}
        for architecture, files in pin.document("files").items():
            builds[architecture] = LockedUpstream(
                name=name,
                version=version,
                architecture=architecture,
                files=tuple(
                    LockedFile(member=member, sha256=sha256(file.string("sha256")), size=file.integer("size"))
                    for member, file in files.items()
                ),
                evidence=evidence,
            )
        pins[line] = MappingProxyType(builds)
    return Program(
        name=name,
        title=fields.string("title"),
        files=tuple(
            Installed(member=item.string("member"), path=item.string("path"), mode=item.integer("mode"))
            for item in fields.documents("files")
        ),
        sources=MappingProxyType(sources),
        pins=MappingProxyType(pins),
    )
