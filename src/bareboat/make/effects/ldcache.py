"""`/etc/ld.so.cache`: where the dynamic loader finds every library, as ldconfig(8) writes it.

What ldconfig does with a folder, computed from the tree: which files are libraries, which of several wins a soname,
which soname links are missing (they are made), in which order the loader meets them.
Source: glibc's `elf/ldconfig.c`; `effects.ldcache_file` writes the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.base.platform import Architecture
from bareboat.make.effects.ldcache_conf import library_folders
from bareboat.make.effects.ldcache_file import Library, cache_file, version_key
from bareboat.make.effects.stamp import Stamp
from bareboat.make.elf import ElfFacts
from bareboat.make.tree import AnyEntry, File, Symlink, Tree

_CACHE = "etc/ld.so.cache"
_PREFIXES = ("lib", "ld-", "ld.so.", "ld64.so.")  # glibc's `_dl_is_dso`
_LEFTOVERS = (".dpkg-new", ".dpkg-tmp")  # a leading part of `skip_dso_based_on_name`

_EM_386, _EM_ARM, _EM_X86_64 = 3, 40, 62
_LIBC6 = 0x0003
_FLOAT = {
    # machine: (mask of e_flags, value of the architecture's own float ABI)
    _EM_ARM: (0x600, 0x400),  # EF_ARM_ABI_FLOAT_SOFT | _HARD: hard
    243: (0x006, 0x004),  # EF_RISCV_FLOAT_ABI: double
    258: (0x007, 0x003),  # EF_LARCH_ABI_MODIFIER_MASK: double
}
_FOREIGN = {  # libraries of another word length that the same cache serves
    (_EM_X86_64, _EM_386, 32): _LIBC6,
    (_EM_X86_64, _EM_X86_64, 32): 0x0803,
}


@frozen(kw_only=False)
class _Candidate:
    """A file or link of a library folder that would serve `soname`."""

    name: str
    soname: str
    is_link: bool
    flags: int
    target: ImagePath

    def outranks(self, other: _Candidate) -> bool:
        """Whether this one serves the soname rather than `other`: files before links, then the higher version."""
        if self.is_link != other.is_link:
            return other.is_link
        return version_key(self.name) > version_key(other.name)


def entries(tree: Tree, architecture: Architecture, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The cache, and the soname links that the folders lack, sorted by path.

    Only libraries that the image's loader could load are in it; libraries of other architectures are passed over.
    """
    stamp = Stamp("ldcache", moment)
    listing = _listing(tree)
    libraries: list[Library] = []
    links: dict[ImagePath, str] = {}
    for folder in library_folders(tree, architecture):
        real = tree.real_path(folder)
        if real is None:
            continue
        for candidate in _candidates(tree, real, listing.get(real, ()), architecture):
            libraries.append(Library(candidate.soname, f"/{folder}/{candidate.soname}", candidate.flags))
            place = ImagePath(f"{real}/{candidate.soname}" if real else candidate.soname)
            if not candidate.is_link and _wants_link(tree, place, candidate):
                links[place] = candidate.name
        levels = ImagePath(f"{real}/glibc-hwcaps")
        for level in _subfolders(tree, levels):
            files = listing.get(ImagePath(f"{levels}/{level}"), ())
            for candidate in _candidates(tree, ImagePath(f"{levels}/{level}"), files, architecture):
                path = f"/{folder}/glibc-hwcaps/{level}/{candidate.name}"
                libraries.append(Library(candidate.soname, path, candidate.flags, level))
    cache = stamp.file(_CACHE, cache_file(libraries, little_endian=architecture.little_endian))
    made: list[AnyEntry] = [cache, *(stamp.link(path, name) for path, name in links.items())]
    return tuple(sorted(made, key=lambda entry: entry.path))


def _listing(tree: Tree) -> Mapping[ImagePath, tuple[str, ...]]:
    """The names in every folder that look like libraries, sorted."""
    names: dict[ImagePath, list[str]] = {}
    for path in tree:
        name = name_of(path)
        if name.startswith(_PREFIXES) and ".so" in name and not name.endswith(_LEFTOVERS):
            names.setdefault(parent_of(path), []).append(name)
    return {folder: tuple(found) for folder, found in names.items()}


def _subfolders(tree: Tree, folder: ImagePath) -> tuple[str, ...]:
    return tuple(sorted({entry.path.removeprefix(f"{folder}/").split("/")[0] for entry in tree.under(folder)}))


def _candidates(
    tree: Tree, folder: ImagePath, names: Iterable[str], architecture: Architecture
) -> Iterator[_Candidate]:
    """The best candidate for every soname of a folder, sorted by soname."""
    best: dict[str, _Candidate] = {}
    for name in names:
        candidate = _candidate(tree, ImagePath(f"{folder}/{name}" if folder else name), architecture)
        if candidate is None:
            continue
        other = best.get(candidate.soname)
        if other is None or candidate.outranks(other):
            best[candidate.soname] = candidate
    for soname in sorted(best):
        yield best[soname]


def _candidate(tree: Tree, path: ImagePath, architecture: Architecture) -> _Candidate | None:
    target = tree.resolve(path)
    if not isinstance(target, File) or target.elf is None:
        return None
    flags = _cache_flags(target.elf, architecture)
    if flags is None:
        return None
    name = name_of(path)
    soname = target.elf.soname or name
    if "/" in soname or soname in (".", ".."):  # no name of a file, whatever it was meant to be
        soname = name
    # "If the path the link points to isn't its soname and it is not the .so symlink for ld(1), we treat it as a
    # normal file."
    is_link = tree[path] is not target and (name == soname or (name.endswith(".so") and soname.startswith(name)))
    return _Candidate(name, name if is_link else soname, is_link, flags, target.path)


def _cache_flags(elf: ElfFacts, architecture: Architecture) -> int | None:
    """The `flags` of a library's cache entry; None when it is none for the image's loaders."""
    if elf.kind != "DYN" or elf.little_endian != architecture.little_endian:
        return None
    if (elf.machine, elf.bits) != (architecture.elf_machine, architecture.elf_bits):
        return _FOREIGN.get((architecture.elf_machine, elf.machine, elf.bits))
    mask, own = _FLOAT.get(elf.machine, (0, 0))
    if elf.flags & mask == own:
        return architecture.cache_flags
    return _LIBC6 if elf.machine == _EM_ARM and not elf.flags & mask else None


def _wants_link(tree: Tree, place: ImagePath, candidate: _Candidate) -> bool:
    """Whether ldconfig would make or turn the soname link: never over a regular file, nor when it leads there."""
    if not isinstance(tree.get(place), Symlink | None):
        return False
    served = tree.resolve(place)
    return served is None or served.path != candidate.target
