"""One table of the names that Debian, OCI, GNU and npm give to the same architecture.

Debian's names: Debian Policy 11.1; OCI's: image specification, "Image Index", `platform` (Go's GOARCH and variants);
GNU's: the multiarch tuples of Debian's library folders; machine numbers: the ELF specification, `e_machine`.
"""

from __future__ import annotations

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import suggestion


@frozen
class Architecture:
    """An architecture under each of its names.

    `cache_flags` is what glibc's ldconfig writes for a library of this architecture (`sysdeps/**/dl-cache.h`).
    """

    oci: str
    debian: str
    gnu: str
    elf_machine: int
    elf_bits: int
    little_endian: bool
    cache_flags: int
    interpreter: str
    variant: str | None = None
    npm: str | None = None

    def __str__(self) -> str:
        return self.oci

    @property
    def platform(self) -> str:
        """As docker writes it: `linux/arm/v7`."""
        return "/".join(["linux", self.oci, *([self.variant] if self.variant else [])])


ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        oci="amd64", debian="amd64", gnu="x86_64-linux-gnu", elf_machine=62, elf_bits=64, little_endian=True,
        cache_flags=0x0303, interpreter="/lib64/ld-linux-x86-64.so.2", npm="x64",
    ),
    Architecture(
        oci="arm64", debian="arm64", gnu="aarch64-linux-gnu", elf_machine=183, elf_bits=64, little_endian=True,
        cache_flags=0x0A03, interpreter="/lib/ld-linux-aarch64.so.1", variant="v8", npm="arm64",
    ),
    Architecture(
        oci="arm", debian="armhf", gnu="arm-linux-gnueabihf", elf_machine=40, elf_bits=32, little_endian=True,
        cache_flags=0x0903, interpreter="/lib/ld-linux-armhf.so.3", variant="v7",
    ),
    Architecture(
        oci="s390x", debian="s390x", gnu="s390x-linux-gnu", elf_machine=22, elf_bits=64, little_endian=False,
        cache_flags=0x0403, interpreter="/lib/ld64.so.1",
    ),
    Architecture(
        oci="ppc64le", debian="ppc64el", gnu="powerpc64le-linux-gnu", elf_machine=21, elf_bits=64, little_endian=True,
        cache_flags=0x0503, interpreter="/lib64/ld64.so.2",
    ),
    Architecture(
        oci="riscv64", debian="riscv64", gnu="riscv64-linux-gnu", elf_machine=243, elf_bits=64, little_endian=True,
        cache_flags=0x1003, interpreter="/lib/ld-linux-riscv64-lp64d.so.1",
    ),
    Architecture(
        oci="loong64", debian="loong64", gnu="loongarch64-linux-gnu", elf_machine=258, elf_bits=64, little_endian=True,
        cache_flags=0x1203, interpreter="/lib64/ld-linux-loongarch-lp64d.so.1",
    ),
)

_ALSO = {
    "x86_64": "amd64", "aarch64": "arm64", "arm64/v8": "arm64", "armv7l": "arm", "arm/v7": "arm",
    "loongarch64": "loong64",
}  # fmt: skip
_BY_NAME = {
    name: arch for arch in ARCHITECTURES for name in (arch.oci, arch.debian, arch.platform, f"linux/{arch.oci}")
}
_BY_NAME |= {name: _BY_NAME[oci] for name, oci in _ALSO.items()}


def architecture(name: str) -> Architecture:
    """The architecture that anyone calls `name`: OCI, Debian, `linux/…` or the kernel's word.

    Raises:
        UsageError: When nobody calls an architecture so.
    """
    found = _BY_NAME.get(name)
    if found is None:
        known = ", ".join(arch.oci for arch in ARCHITECTURES)
        raise UsageError(f'unknown architecture "{name}"', hint=suggestion(name, _BY_NAME) or f"one of: {known}")
    return found
