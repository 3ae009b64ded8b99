"""What an ELF file runs on, and where the loaders of that machine look by default.

Debian's loader has four folders built in, as `ld.so --help` lists them, and `$LIB` is `lib/` and the GNU triplet.
Sources: ld.so(8); Debian's multiarch patches to glibc (`debian/patches/any/local-ldconfig-multiarch.diff` and
`debian/rules.d/build.mk`, `slibdir`); `cache_flags` as in `base.platform`.
"""

from __future__ import annotations

from typing import NamedTuple

from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES
from bareboat.make.elf import ElfFacts


class Machine(NamedTuple):
    """Class, byte order and `e_machine`: a loader passes over libraries that differ in any of them."""

    bits: int
    little_endian: bool
    number: int

    @classmethod
    def of(cls, facts: ElfFacts) -> Machine:
        """The machine of an ELF file."""
        return cls(facts.bits, facts.little_endian, facts.machine)

    def __str__(self) -> str:
        host = HOSTS.get(self)
        return host.name if host is not None else f"machine {self.number} with {self.bits} bits"


@frozen
class Host:
    """How Debian lays out libraries for a machine.

    `platform` is what `$PLATFORM` stands for on its oldest processor, empty where that is not known; `flags` are those
    that the loader's cache gives its libraries.
    """

    name: str
    gnu: str
    interpreter: str
    flags: frozenset[int]
    platform: str = ""

    @property
    def lib(self) -> str:
        """What `$LIB` stands for."""
        return f"lib/{self.gnu}" if self.gnu else ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that glibc's loader has built in, in its order."""
        own = (f"/lib/{self.gnu}", f"/usr/lib/{self.gnu}") if self.gnu else ()
        return (*own, "/lib", "/usr/lib")


_PLATFORMS = {"amd64": "x86_64", "arm64": "aarch64", "arm": "v7l", "ppc64le": "power8", "loong64": "loongarch"}
_LIBC6 = 0x0003  # on arm also the flags of libraries that pass no floating point numbers

HOSTS: dict[Machine, Host] = {
    Machine(one.elf_bits, one.little_endian, one.elf_machine): Host(
        name=one.oci, gnu=one.gnu, interpreter=one.interpreter, platform=_PLATFORMS.get(one.oci, ""),
        flags=frozenset({one.cache_flags, *([_LIBC6] if one.oci == "arm" else [])}),
    )
    for one in ARCHITECTURES
} | {
    Machine(32, True, 3): Host(
        name="i386", gnu="i386-linux-gnu", interpreter="/lib/ld-linux.so.2", platform="i686", flags=frozenset({_LIBC6})
    ),
    Machine(32, True, 62): Host(
        name="x32", gnu="x86_64-linux-gnux32", interpreter="/libx32/ld-linux-x32.so.2", flags=frozenset({0x0803})
    ),
}

BARE = Host(name="", gnu="", interpreter="", flags=frozenset())
"""For machines that are not known."""


def machine_of(oci_architecture: str) -> Machine | None:
    """The machine that images for an architecture run on; None for one that is not known."""
    for one in ARCHITECTURES:
        if one.oci == oci_architecture:
            return Machine(one.elf_bits, one.little_endian, one.elf_machine)
    return None


def is_for_musl(facts: ElfFacts) -> bool:
    """Whether an ELF file was linked with musl: by its interpreter, else by the C library that it needs.

    musl calls its library `libc.so`, distributions also `libc.musl-ARCH.so.1`; glibc's is `libc.so.6` (`libc.so.6.1`).
    """
    if facts.interpreter is not None:
        return facts.interpreter.rpartition("/")[2].startswith("ld-musl-")
    return any(name == "libc.so" or name.startswith("libc.musl-") for name in facts.needed)
