"""What serves nothing is named, and what serves is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bareboat.inspect.closure.proof import prove
from bareboat.inspect.installed import InstalledPackage
from bareboat.make.elf_notes import Dlopen
from bareboat.oci.annotations import WISHES
from bareboat.oci.config import Execution
from tests.makers.aboard import LIB, SYSTEM, What, make_aboard, make_package, make_program, make_shared, told

SAIL = "usr/bin/sail"
MAST = f"{LIB}/libmast.so.1.2"
PATHS: Mapping[str, What] = {
    **SYSTEM, SAIL: make_program("libc.so.6"), MAST: make_shared("libmast.so.1", "libc.so.6"),
    f"{LIB}/libmast.so.1": "-> libmast.so.1.2",
}
PACKAGES = (
    make_package("libc6", [f"{LIB}/libc.so.6"]),
    make_package("libmast1", [MAST], size=5000),
    make_package("sail", [SAIL], depends="libc6, libmast1 (>= 1)"),
)
WISHED = {WISHES: "base: libc6; sail: sail"}
IDLE = f"unused-library /{MAST} libmast1 serves nothing: no ELF file needs libmast.so.1; sail depends on libmast1"


def _told(
    paths: Mapping[str, What] = PATHS, packages: Sequence[InstalledPackage] = PACKAGES, wishes: str = WISHED[WISHES],
    env: tuple[str, ...] = (),
) -> list[str]:
    config = Execution(env=env, entrypoint=("/usr/bin/sail",))
    return told(prove(make_aboard(paths, packages=packages, annotations={WISHES: wishes}, config=config)))


def test_a_package_that_serves_nothing_is_named_with_its_size_and_who_brought_it() -> None:
    found = prove(make_aboard(PATHS, packages=PACKAGES, annotations=WISHED))
    assert told(found) == [IDLE]
    assert (found[0].bytes, found[0].hint) == (5000, "leave it out: `omit: [{package: libmast1, reason: ...}]`")


def test_idle_libraries_are_named_in_the_order_of_their_paths() -> None:
    """A set of paths has another order in every process."""
    names = [f"lib{letter}.so.1" for letter in "fbdace"]
    paths = {**PATHS, MAST: b"", **{f"{LIB}/{name}": make_shared(name, "libc.so.6") for name in names}}
    packages = (*PACKAGES, make_package("many", [f"{LIB}/{name}" for name in names]))
    said = ", ".join(sorted(names))

    assert _told(paths, packages) == [
        f"unused-library /{LIB}/liba.so.1 many serves nothing: no ELF file needs {said}"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {SAIL: make_program("libmast.so.1")},
        {SAIL: make_program(dlopen=(Dlopen(sonames=("libmast.so.1",)),))},
        {"usr/lib/sail/plugin.so": make_shared("plugin.so", "libmast.so.1")},
        {"etc/ld.so.preload": b"/usr/lib/libmast.so.1 "},
        {"opt/jvm/lib/server/libjvm.so": make_shared("libjvm.so", "libmast.so.1")},
    ],
)
def test_what_something_loads_serves(change: Mapping[str, What]) -> None:
    assert _told({**PATHS, **change}) == []


def test_what_the_environment_preloads_serves() -> None:
    assert _told(env=("LD_PRELOAD=libmast.so.1",)) == []


@pytest.mark.parametrize("wishes", ["sail: sail libmast1", "sail: libmast1", "sail: mast"])
def test_what_was_asked_for_serves(wishes: str) -> None:
    packages = [*PACKAGES[:1], make_package("libmast1", [MAST], provides="mast"), *PACKAGES[2:]]
    assert _told(packages=packages, wishes=wishes) == []


def test_what_only_idle_libraries_need_is_idle_too() -> None:
    rope = f"{LIB}/librope.so.2"
    paths = {**PATHS, MAST: make_shared("libmast.so.1", "librope.so.2"), rope: make_shared("librope.so.2")}
    found = _told(paths, [*PACKAGES, make_package("librope2", [rope])])
    assert found == [IDLE, f"unused-library /{rope} librope2 serves nothing: no ELF file needs librope.so.2"]


def test_of_a_package_that_serves_the_idle_library_alone_is_named() -> None:
    paths = {**PATHS, "usr/bin/mast": make_program("libc.so.6")}
    packages = [PACKAGES[0], make_package("libmast1", [MAST, "usr/bin/mast"]), PACKAGES[2]]
    config = make_aboard(paths, packages=packages, annotations=WISHED)
    found = prove(config)
    assert told(found) == [f"unused-library /{MAST} no ELF file needs libmast.so.1; sail depends on libmast1"]
    assert found[0].hint == 'leave it out: `drop: ["libmast1:/usr/lib/*/libmast.so.1*"]`'
    assert found[0].bytes == 1000


@pytest.mark.parametrize("soname", ["libgcc_s.so.1", "libnss_sss.so.2"])
def test_what_glibc_loads_by_name_serves(soname: str) -> None:
    path = f"{LIB}/{soname}"
    assert _told({**SYSTEM, path: make_shared(soname)}, [make_package("libx1", [path])]) == []


def test_an_image_that_does_not_say_its_wishes_is_not_judged() -> None:
    assert told(prove(make_aboard(PATHS, packages=PACKAGES))) == []


def test_libraries_that_no_package_brought_are_not_judged() -> None:
    assert _told(packages=PACKAGES[:1]) == []
