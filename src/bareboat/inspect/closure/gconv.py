"""The modules with which glibc's iconv converts character sets are those that its lists name.

Sources: glibc's `iconv/gconv_conf.c` (the text), `iconv/iconvconfig.h` and `iconv/gconv_cache.c` (the cache, which is
all that is read where it is there).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.debian.version import Version
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity

GCONV = Rule(
    name="gconv",
    family=Family.closure,
    severity=Severity.note,
    title="every character set that glibc's lists name has its module, and there are some",
    why="iconv_open() fails for a character set whose module is missing; UTF-8, UTF-16, UTF-32 and ASCII are built in",
)

_MAGIC = 0x20010324
_MOST_MODULES = 16_384
_FIRST_SPLIT = Version("2.38")


def findings(grounds: Grounds) -> Iterator[Finding]:
    """The missing modules of each folder of modules; or that there is no such folder."""
    glibc = grounds.glibc
    if glibc is None:
        return
    folders = {_folder_of(path) for path in grounds.files.texts} - {None}
    if not folders and not any("/gconv/" in f"/{path}" for path in grounds.elves):
        message = "has no modules of gconv: iconv knows the character sets that are built in, and no other"
        yield grounds.finding(GCONV, glibc, message, provider=grounds.providers.of_package("libc6"))
    for folder in sorted(folder for folder in folders if folder is not None):
        listed, modules = _named(grounds, folder)
        absent = sorted(module for module in modules if grounds.places.file(module) is None)
        if absent:
            first = name_of(ImagePath(absent[0]))
            message = f"names {first}{and_others(len(absent) - 1, 'module')} that the image does not have"
            yield grounds.finding(GCONV, listed, message, needs=first, provider=_provider(grounds, listed))


def modules_of_cache(data: bytes) -> frozenset[str] | None:
    """The absolute paths of the modules that `gconv-modules.cache` names; None when it is no such cache.

    Numbers are in the byte order of the image; the magic tells it.
    """
    for order in "<>":
        header = struct.Struct(order + "I5H")
        if len(data) < header.size:
            return None
        magic, strings, _, _, first, end = header.unpack_from(data)
        if magic == _MAGIC and first <= end <= len(data):
            entry = struct.Struct(order + "6H")
            found = set()
            for _, from_folder, from_name, to_folder, to_name, _ in entry.iter_unpack(_whole(data[first:end], entry)):
                for folder, name in ((from_folder, from_name), (to_folder, to_name)):
                    if folder:  # zero is a conversion that is built in
                        found.add(f"{_text(data, strings + folder)}/{_text(data, strings + name)}")
            return frozenset(path for path in found if path.endswith(".so"))
    return None


def _provider(grounds: Grounds, listed: ImagePath) -> str | None:
    """The package with the modules that are seldom asked for: since Debian 13 one of its own, before that libc6."""
    package = grounds.package_of(listed)
    is_split = package is None or package.version >= _FIRST_SPLIT
    return grounds.providers.of_package("libc-gconv-modules-extra" if is_split else "libc6")


def _named(grounds: Grounds, folder: ImagePath) -> tuple[ImagePath, frozenset[str]]:
    """The list of a folder that glibc reads, and the modules that it names."""
    texts = grounds.files.texts
    cache = ImagePath(f"{folder}/gconv-modules.cache")
    cached = modules_of_cache(texts[cache]) if cache in texts else None
    if cached is not None:
        return cache, cached
    lists = [path for path in sorted(texts) if _folder_of(path) == folder and path != cache]
    modules = (module for path in lists for module in _modules_of_text(texts[path], folder))
    return lists[0] if lists else cache, frozenset(modules)


def _modules_of_text(data: bytes, folder: ImagePath) -> Iterator[str]:
    """`module FROM TO FILE COST`: "If it is not absolute the path is made absolute" by the folder of the list."""
    for line in data.decode(errors="replace").splitlines():
        words = line.partition("#")[0].split()
        if len(words) >= 4 and words[0] == "module":
            name = words[3] if words[3].endswith(".so") else f"{words[3]}.so"
            yield name if name.startswith("/") else f"/{folder}/{name}"


def _folder_of(path: ImagePath) -> ImagePath | None:
    """The folder of modules that the list at `path` is about; None for another file."""
    folder, name = parent_of(path), name_of(path)
    if name_of(folder) == "gconv-modules.d" and name.endswith(".conf"):
        return parent_of(folder)
    return folder if name in ("gconv-modules", "gconv-modules.cache") else None


def _whole(data: bytes, entry: struct.Struct) -> bytes:
    count = min(len(data) // entry.size, _MOST_MODULES)
    return data[: count * entry.size]


def _text(data: bytes, place: int) -> str:
    end = data.find(b"\0", place)
    return data[place : end if end >= 0 else len(data)].decode(errors="replace").rstrip("/")
