"""Emulators are found by what they do: what the kernel says it starts, and programs that need no libraries."""

from pathlib import Path

import pytest

from bareboat.base.errors import EngineError
from bareboat.base.platform import ARCHITECTURES, Architecture, architecture
from bareboat.make.elf import ElfFacts
from bareboat.ship.running.emulation import binfmt_of, emulation_of, kernel_runs
from tests.makers.elf import make_elf
from tests.makers.program import make_program

ARM64 = architecture("arm64")

# As update-binfmts of Debian writes it for aarch64, and as the kernel shows it.
MAGIC = "7f454c460201010000000000000000000200b700"
DYNAMIC = ElfFacts(
    bits=64, little_endian=True, machine=62, flags=0, kind="DYN", interpreter="/lib64/ld-linux-x86-64.so.2"
)
MASK = "ffffffffffffff00fffffffffffffffffeffffff"


def registered(
    folder: Path, *, status: str = "enabled", flags: str = "POCF", magic: str = MAGIC, first: str = "enabled"
) -> Path:
    folder.mkdir()
    (folder / "status").write_text(f"{status}\n")
    (folder / "register").write_text("")
    (folder / "qemu-aarch64").write_text(
        f"{first}\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: {flags}\n"
        f"offset 0\nmagic {magic}\nmask {MASK}\n"
    )
    return folder


def test_what_is_registered_for_good_is_run_by_the_kernel(tmp_path: Path) -> None:
    folder = registered(tmp_path / "binfmt")

    assert [arch.oci for arch in ARCHITECTURES if kernel_runs(arch, folder)] == ["arm64"]


@pytest.mark.parametrize(
    "said",
    [{"status": "disabled"}, {"flags": "PO"}, {"first": "disabled"}, {"magic": "7fzz"}, {"magic": ""}],
)
def test_what_is_not_registered_for_good_is_not(tmp_path: Path, said: dict[str, str]) -> None:
    assert not kernel_runs(ARM64, registered(tmp_path / "binfmt", **said))


def test_a_kernel_without_any_registration_runs_nothing_foreign(tmp_path: Path) -> None:
    assert not kernel_runs(ARM64, tmp_path / "absent")


def test_programs_are_known_by_what_qemu_s_own_registration_says() -> None:
    found = binfmt_of(ARM64)

    assert (found.magic.hex(), found.mask.hex()) == (MAGIC, MASK)


@pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)
def test_each_architecture_s_programs_are_its_own(arch: Architecture) -> None:
    def takes(one: Architecture, start: bytes) -> bool:
        binfmt = binfmt_of(one)
        rows = zip(start, binfmt.magic, binfmt.mask, strict=True)
        return all(ours & bits == theirs & bits for ours, theirs, bits in rows)

    start = binfmt_of(arch).magic
    assert [one for one in ARCHITECTURES if takes(one, start)] == [arch]


def test_an_emulator_must_need_no_libraries(tmp_path: Path) -> None:
    static = tmp_path / "qemu-aarch64"
    static.write_bytes(make_program(architecture("amd64"), b"hi"))
    dynamic = tmp_path / "qemu-aarch64-static"
    dynamic.write_bytes(make_elf(DYNAMIC))
    programs = {file.name: str(file) for file in (static, dynamic)}

    assert emulation_of(ARM64, programs.get).program == static


def test_without_an_emulator_it_says_what_to_install() -> None:
    with pytest.raises(EngineError, match="cannot run programs for s390x on this machine") as refused:
        emulation_of(architecture("s390x"), lambda name: None)
    assert refused.value.hint is not None
    assert "qemu-user-static" in refused.value.hint
