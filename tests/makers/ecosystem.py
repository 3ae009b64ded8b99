"""Makes tiny ecosystems of packages, one a line: what solvers are asked about, and apt too.

    make_universe("app 1 needs lib (>= 2) | other; provides editor (= 3); conflicts old", "lib 2", "lib 1 arch all")

A line is a name, a version, and clauses between semicolons, each a word and the value of its field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from bareboat.debian.index import PackageIndex
from bareboat.plan.lock import LockedPackage
from bareboat.plan.prefer import DEFAULT_PRIORITY
from bareboat.plan.universe import Supply, Universe
from tests.makers.deb import make_deb

FIELDS = {
    "needs": "Depends", "pre-needs": "Pre-Depends", "provides": "Provides", "conflicts": "Conflicts",
    "breaks": "Breaks", "replaces": "Replaces", "source": "Source", "multi-arch": "Multi-Arch",
    "priority": "Priority",
}  # fmt: skip


def read_line(line: str, architecture: str = "amd64") -> dict[str, str]:
    """The fields of one package; its architecture is `architecture` where the line has no `arch`."""
    name, version, *_ = line.split()
    rest = line.split(None, 2)[2] if len(line.split()) > 2 else ""
    clauses = dict(clause.strip().split(None, 1) for clause in rest.split(";") if clause.strip())
    architecture = clauses.pop("arch", architecture)
    unknown = set(clauses) - set(FIELDS)
    if unknown:
        raise ValueError(f"{line}: nobody knows {unknown}")
    fields = {"Package": name, "Version": version, "Architecture": architecture}
    return fields | {FIELDS[word]: value for word, value in clauses.items()}


def make_index(*lines: str, architecture: str = "amd64", where: str = "Packages") -> PackageIndex:
    """The index of the packages of `lines`; each has its own digest, made from the line."""
    stanzas = []
    for line in lines:
        fields = read_line(line, architecture)
        file = f"{fields['Package']}_{fields['Version'].rpartition(':')[2]}_{fields['Architecture']}.deb"
        digest = sha256(f"{line} {fields['Architecture']}".encode()).hexdigest()
        fields |= {"Filename": f"pool/{file}", "Size": "1", "SHA256": digest}
        stanzas.append("".join(f"{name}: {value}\n" for name, value in fields.items()))
    return PackageIndex.parse("\n".join(stanzas).encode(), where)


def make_supply(
    *lines: str, archive: str = "main", priority: int = DEFAULT_PRIORITY, only: Sequence[str] = (),
    architecture: str = "amd64",
) -> Supply:  # fmt: skip
    """One archive with the packages of `lines`."""
    index = make_index(*lines, architecture=architecture, where=archive)
    return Supply(archive=archive, index=index, priority=priority, only=frozenset(only))


def make_universe(
    *supplies: str | Supply, architecture: str = "amd64", locked: Mapping[str, LockedPackage] | None = None
) -> Universe:
    """The universe of some archives, or of one called "main" when lines are given."""
    lines = [supply for supply in supplies if isinstance(supply, str)]
    archives = [supply for supply in supplies if isinstance(supply, Supply)]
    if lines or not archives:
        archives.insert(0, make_supply(*lines, architecture=architecture))
    return Universe(architecture=architecture, supplies=tuple(archives), locked=locked or {})


def make_debs(*lines: str, architecture: str = "amd64") -> list[bytes]:
    """The packages of `lines` as .deb files, for an archive that apt reads."""
    debs = []
    for line in lines:
        fields = read_line(line, architecture)
        name, version, arch = (fields.pop(key) for key in ("Package", "Version", "Architecture"))
        words: dict[str, Any] = {key.lower().replace("-", "_"): value for key, value in fields.items()}
        debs.append(make_deb(name, version, arch, **words))
    return debs
