"""A library is found where the loader looks, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.inspect.closure.proof import prove
from bareboat.oci.config import Execution
from tests.makers.aboard import (
    LIB,
    LOADER,
    SYSTEM,
    What,
    make_aboard,
    make_cache,
    make_facts,
    make_package,
    make_program,
    make_shared,
    told,
)

SAIL = "usr/bin/sail"
MAST = make_shared("libmast.so.1")
NEEDS_MAST = make_program("libmast.so.1")
MISSING = f"needed-library /{SAIL} needs libmast.so.1, which is not in the image"
WITH_PATH = Execution(env=("LD_LIBRARY_PATH=/nowhere;/opt/lib:/opt/$LIB",), entrypoint=("/usr/bin/sail",))
CACHED = make_cache({"libmast.so.1": "/opt/lib/libmast.so.1"})


def _elsewhere(folder: str) -> str:
    return f"needed-library /{SAIL} needs libmast.so.1, which lies in {folder}, where the loader does not look"


FOUND: Mapping[str, Mapping[str, What]] = {
    "in the folder of the architecture": {f"{LIB}/libmast.so.1": MAST},
    "in a folder that is built in": {"usr/lib/libmast.so.1": MAST},
    "behind links": {f"{LIB}/libmast.so.1": "-> /opt/mast", "opt/mast": "-> deep/m", "opt/deep/m": MAST},
    "as a hard link": {"opt/m": MAST, f"{LIB}/libmast.so.1": "= opt/m"},
    "by the cache": {"opt/lib/libmast.so.1": MAST, "etc/ld.so.cache": CACHED},
    "in its own folder": {SAIL: make_program("libmast.so.1", runpath=("$ORIGIN",)), "usr/bin/libmast.so.1": MAST},
    "beside its folder": {
        SAIL: make_program("libmast.so.1", runpath=("${ORIGIN}/../sail",)),
        "usr/sail/libmast.so.1": MAST,
    },
    "by the folder's name": {
        SAIL: make_program("libmast.so.1", runpath=("/opt/$LIB",)),
        f"opt/{LIB[4:]}/libmast.so.1": MAST,
    },
    "by the processor": {
        SAIL: make_program("libmast.so.1", rpath=("/opt/$PLATFORM",)),
        "opt/x86_64/libmast.so.1": MAST,
    },
    "by DT_RPATH": {SAIL: make_program("libmast.so.1", rpath=("/opt/lib",)), "opt/lib/libmast.so.1": MAST},
    "by its path": {SAIL: make_program("/opt/mast"), "opt/mast": MAST},
    "by DT_RPATH of the program": {
        SAIL: make_program("libhull.so.1", rpath=("/opt/lib",)),
        f"{LIB}/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"), "opt/lib/libmast.so.1": MAST,
    },
    "because it was loaded before": {
        SAIL: make_program("libmast.so.1", "libhull.so.1", runpath=("/opt/lib",)),
        f"{LIB}/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"), "opt/lib/libmast.so.1": MAST,
    },
    "because a library of that soname was loaded before": {
        SAIL: make_program("mast.so", "libhull.so.1", runpath=("/opt/lib",)),
        f"{LIB}/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"), "opt/lib/mast.so": MAST,
    },
    "after a file of that name that is no library": {
        SAIL: make_program("libmast.so.1", runpath=("/opt/a", "/opt/b")),
        "opt/a/libmast.so.1": make_shared("libmast.so.1", kind="EXEC"), "opt/b/libmast.so.1": MAST,
    },
    "after a file that is no library": {f"{LIB}/libmast.so.1": b"GROUP ( libmast.so )", "usr/lib/libmast.so.1": MAST},
    "after a cache that is stale": {
        f"{LIB}/libmast.so.1": MAST, "etc/ld.so.cache": make_cache({"libmast.so.1": "/gone/libmast.so.1"}),
    },
    "after a cache that is damaged": {f"{LIB}/libmast.so.1": MAST, "etc/ld.so.cache": b"glibc-ld.so.cache1.1\xff"},
}  # fmt: skip


@pytest.mark.parametrize("where", FOUND)
def test_a_library_is_found(where: str) -> None:
    assert told(prove(make_aboard({**SYSTEM, SAIL: NEEDS_MAST, **FOUND[where]}))) == []


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, MISSING),
        ({"opt/lib/libmast.so.1": MAST}, _elsewhere("/opt/lib")),
        ({"opt/lib/mast-1.0.so": MAST}, _elsewhere("/opt/lib")),
        (
            {f"{LIB}/libmast.so.1": make_shared("libmast.so.1", bits=32, machine=3)},
            f"needed-library /{SAIL} needs libmast.so.1 for amd64, and /{LIB}/libmast.so.1 is for i386",
        ),
        ({f"{LIB}/libmast.so.1": make_facts(kind="EXEC")},
         f"needed-library /{SAIL} needs libmast.so.1 for amd64, and /{LIB}/libmast.so.1 is no shared library"),
        (
            {"opt/lib/libmast.so.1": MAST,
             "etc/ld.so.cache": make_cache({"libmast.so.1": "/opt/lib/libmast.so.1"}, flags=0x0A03)},
            _elsewhere("/opt/lib"),
        ),
        ({SAIL: make_program("libmast.so.1", runpath=("$ORIGINAL/x",)), "usr/bin/x/libmast.so.1": MAST},
         _elsewhere("/usr/bin/x")),
        (
            # "DT_RPATH … is ignored if DT_RUNPATH attribute exists"
            {SAIL: make_program("libmast.so.1", rpath=("/opt/lib",), runpath=("/opt",)), "opt/lib/libmast.so.1": MAST},
            _elsewhere("/opt/lib"),
        ),
        ({f"{LIB}/libmast.so.1": "-> libmast.so.1"}, MISSING),
    ],
)
def test_a_library_that_the_loader_would_not_find_is_told(paths: Mapping[str, What], message: str) -> None:
    found = prove(make_aboard({**SYSTEM, SAIL: NEEDS_MAST, **paths}))
    assert told(found)[0] == message


def test_a_runpath_is_not_for_the_libraries_of_a_library() -> None:
    paths = {
        **SYSTEM,
        SAIL: make_program("libhull.so.1", runpath=("/opt/lib",)),
        "opt/lib/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"),
        "opt/lib/libmast.so.1": MAST,
    }
    found = prove(make_aboard(paths))
    message = "needs libmast.so.1, which lies in /opt/lib, where the loader does not look"
    assert told(found) == [f"needed-library /opt/lib/libhull.so.1 {message}"]
    assert found[0].hint == (
        "name /opt/lib in a file of /etc/ld.so.conf.d and use the effect ldcache, "
        "or set LD_LIBRARY_PATH=/opt/lib in `env`"
    )


@pytest.mark.parametrize("folder", ["opt/lib", f"opt/{LIB[4:]}"])
def test_the_environment_of_the_image_counts(folder: str) -> None:
    paths = {**SYSTEM, SAIL: NEEDS_MAST, f"{folder}/libmast.so.1": MAST}
    assert told(prove(make_aboard(paths, config=WITH_PATH))) == []


def test_the_origin_of_a_library_is_the_folder_where_it_was_found() -> None:
    """glibc takes it from the name by which the file was opened, not from where a link leads."""
    hull = make_shared("libhull.so.1", "libmast.so.1", runpath=("$ORIGIN/private",))
    paths = {
        **SYSTEM, SAIL: make_program("libhull.so.1"), f"{LIB}/libhull.so.1": "-> /opt/hull/libhull.so.1",
        "opt/hull/libhull.so.1": hull, f"{LIB}/private/libmast.so.1": MAST,
    }
    assert told(prove(make_aboard(paths))) == []


def test_a_library_that_one_program_finds_and_another_does_not_names_the_program() -> None:
    paths = {
        **SYSTEM,
        SAIL: make_program("libhull.so.1"),
        "usr/bin/tug": make_program("libmast.so.1", "libhull.so.1", runpath=("/opt/lib",)),
        f"{LIB}/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"),
        "opt/lib/libmast.so.1": MAST,
    }
    assert told(prove(make_aboard(paths))) == [
        f"needed-library /{LIB}/libhull.so.1 needs libmast.so.1 when /usr/bin/sail loads it, which lies in /opt/lib, "
        "where the loader does not look"
    ]


def test_a_plugin_that_no_program_loads_at_its_start_is_proved_alone() -> None:
    paths = {**SYSTEM, "usr/lib/sail/plugin.so": make_facts("libmast.so.1", runpath=("$ORIGIN/private",))}
    assert told(prove(make_aboard(paths))) == [
        "needed-library /usr/lib/sail/plugin.so needs libmast.so.1, which is not in the image"
    ]
    there = {**paths, "usr/lib/sail/private/libmast.so.1": MAST}
    assert told(prove(make_aboard(there))) == []


def test_a_library_is_sound_in_the_company_that_loads_it() -> None:
    """Wheels of Python bring a folder of libraries; only those that load them say where they are."""
    paths = {
        **SYSTEM,
        "app/fast.so": make_facts("libhull.so.1", rpath=("$ORIGIN/libs",)),
        "app/libs/libhull.so.1": make_shared("libhull.so.1", "libmast.so.1"),
        "app/libs/libmast.so.1": MAST,
    }
    assert told(prove(make_aboard(paths))) == []


def test_libraries_that_need_one_another_are_proved() -> None:
    paths = {
        **SYSTEM,
        "opt/liba.so": make_shared("liba.so", "libb.so", runpath=("$ORIGIN",)),
        "opt/libb.so": make_shared("libb.so", "liba.so", "libmast.so.1", runpath=("$ORIGIN",)),
    }
    missing = "needed-library /opt/libb.so needs libmast.so.1, which is not in the image"
    assert told(prove(make_aboard(paths))) == [missing]


def test_a_library_of_another_machine_on_the_way_is_passed_over() -> None:
    paths = {
        **SYSTEM, SAIL: make_program("libmast.so.1", runpath=("/opt/a", "/opt/b")),
        "opt/a/libmast.so.1": make_shared("libmast.so.1", machine=183), "opt/b/libmast.so.1": MAST,
    }
    assert [one.rule.name for one in prove(make_aboard(paths))] == ["foreign-elf"]


def test_a_finding_names_what_was_left_out() -> None:
    package = make_package("sail", [SAIL], depends="libc6, libmast1t64 (>= 1) | libmast-lite")
    found = prove(make_aboard({**SYSTEM, SAIL: NEEDS_MAST}, packages=[package, make_package("libc6")]))
    assert (found[0].owner, found[0].needs, found[0].provider, found[0].hint) == (
        "sail", "libmast.so.1", "libmast1t64", "add the package libmast1t64"
    )


def test_what_is_no_program_and_no_library_needs_nothing() -> None:
    paths = {**SYSTEM, "core": make_facts("libx.so", kind="CORE"), "module.ko": make_facts("libx.so", kind="REL")}
    assert told(prove(make_aboard(paths))) == []


SONAMES = [f"lib{letter}.so.{number}" for letter in "abcdef" for number in (1, 2)]


@st.composite
def sound_images(draw: st.DrawFn) -> tuple[dict[str, What], str]:
    """An image whose libraries are all found, one way or another, and one soname that something needs."""
    used = draw(st.lists(st.sampled_from(SONAMES), min_size=1, max_size=8, unique=True))
    paths: dict[str, What] = dict(SYSTEM)
    cached: dict[str, str] = {}
    for number, soname in enumerate(used):
        needed = draw(st.lists(st.sampled_from(used[number + 1 :] or ["libc.so.6"]), max_size=3, unique=True))
        folder = draw(st.sampled_from([LIB, "usr/lib", "opt/lib"]))
        paths[f"{folder}/{soname}"] = make_shared(soname, *needed)
        if folder == "opt/lib":
            cached[soname] = f"/opt/lib/{soname}"
    wanted = draw(st.lists(st.sampled_from(used), min_size=1, max_size=4, unique=True))
    paths["usr/bin/sail"] = make_program(*wanted)
    paths["etc/ld.so.cache"] = make_cache(cached)
    return paths, draw(st.sampled_from(wanted))


@settings(max_examples=150)
@given(made=sound_images())
def test_whichever_needed_library_is_taken_away_it_is_named(made: tuple[dict[str, What], str]) -> None:
    paths, soname = made
    assert told(prove(make_aboard(paths))) == []
    less = {path: what for path, what in paths.items() if not path.endswith(f"/{soname}")}
    found = prove(make_aboard(less))
    assert {one.rule.name for one in found} == {"needed-library"}
    assert {one.needs for one in found} == {soname}
    assert f"needed-library /{SAIL} needs {soname}, which is not in the image" in told(found)


def test_the_loader_itself_is_loaded_already() -> None:
    paths = {**SYSTEM, "lib64": None, "lib64/ld-linux-x86-64.so.2": make_shared("ld-linux-x86-64.so.2")}
    del paths[f"{LIB}/ld-linux-x86-64.so.2"], paths["usr/lib64/ld-linux-x86-64.so.2"]
    paths[SAIL] = make_program("ld-linux-x86-64.so.2", "libc.so.6", interpreter=LOADER)
    assert told(prove(make_aboard(paths))) == []
