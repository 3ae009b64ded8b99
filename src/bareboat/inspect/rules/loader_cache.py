"""The cache of the dynamic loader: what it names is there."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.errors import FormatError
from bareboat.base.path import ImagePath, name_of
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.make.effects.ldcache_file import read_cache
from bareboat.store.entry import EntryKind

CACHE = Rule(
    name="loader-cache",
    family=Family.invariant,
    severity=Severity.error,
    title="/etc/ld.so.cache can be read, and every library that it names is there",
    why="the loader believes the cache: programs search in vain, or find another library than the one that was meant",
)
RULES = (CACHE,)

_PATH = ImagePath("etc/ld.so.cache")
_BIG_ENDIAN = frozenset({"s390x", "ppc64", "mips", "mips64", "s390"})  # GOARCH


def find(aboard: Aboard) -> Iterator[Finding]:
    """What is wrong with the loader's cache."""
    data = aboard.texts.get(_PATH)
    if data is None:
        return
    try:
        libraries = read_cache(data, little_endian=aboard.config.architecture not in _BIG_ENDIAN)
    except FormatError as fault:
        yield Finding(rule=CACHE, path=f"/{_PATH}", message=fault.message)
        return
    for path, soname in sorted({library.path: library.soname for library in libraries}.items()):
        real = aboard.real_path(path)
        if real is None or not name_of(real) or aboard.entries[real].kind is EntryKind.folder:
            what = f"names {path} for {soname}, which is not there"
            yield Finding(rule=CACHE, path=f"/{_PATH}", message=what, needs=path)
