"""Why something is there: chains from wishes, and who brought a path."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError, UsageError
from bareboat.debian.relation import parse_provides, parse_relations
from bareboat.debian.version import Version
from bareboat.inspect.chains import Needs
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.present.why import present_why
from bareboat.inspect.why import Why, why
from bareboat.inspect.wishes import Wish, wishes_of
from bareboat.oci.annotations import WISHES as WISHES_KEY
from tests.inspect.images import LIB, python_layout
from tests.makers.image import make_image


def installed(name: str, depends: str = "", *, provides: str = "", version: str = "1.0") -> InstalledPackage:
    return InstalledPackage(
        name=name, version=Version(version), architecture="amd64", source=name, source_version=Version(version),
        depends=parse_relations(depends, name), pre_depends=(), provides=parse_provides(provides, name),
        files=(), installed_bytes=0, layer=0,
    )  # fmt: skip


def wished(*names: str) -> list[Wish]:
    return [Wish(stage="s", package=name) for name in names]


def ways(packages: list[InstalledPackage], target: str, *wishes: str) -> list[str]:
    """Each chain as `wish > package > package`."""
    chains = Needs(packages).chains(target, wished(*wishes))
    return [" > ".join([chain.start, *(need.target for need in chain.needs)]) for chain in chains]


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        pytest.param([installed("a", "z"), installed("z")], ["a > z"], id="direct"),
        pytest.param([installed("a", "b"), installed("b", "z"), installed("z")], ["a > b > z"], id="through another"),
        pytest.param([installed("a", "b, z"), installed("b", "z"), installed("z")], ["a > z"], id="the shortest"),
        pytest.param(
            [installed("a", "c, b"), installed("b", "z"), installed("c", "z"), installed("z")], ["a > b > z"],
            id="of equal ones the first by name",
        ),
        pytest.param([installed("a", "y | z"), installed("z")], ["a > z"], id="alternative that is there"),
        pytest.param([installed("a", "v"), installed("z", provides="v")], ["a > z"], id="provided"),
        pytest.param([installed("a", "v (>= 2)"), installed("z", provides="v")], [], id="provided without a version"),
        pytest.param([installed("a", "v (>= 2)"), installed("z", provides="v (= 2)")], ["a > z"], id="versioned"),
        pytest.param([installed("a", "z (>= 2)"), installed("z")], [], id="another version"),
        pytest.param([installed("a", "b, z"), installed("b", "a"), installed("z", "a")], ["a > z"], id="circles"),
        pytest.param([installed("a", "a, absent"), installed("z")], [], id="no way"),
    ],
)  # fmt: skip
def test_the_chain_from_a_wish(packages: list[InstalledPackage], expected: list[str]) -> None:
    assert ways(packages, "z", "a") == expected


def test_shorter_chains_come_first_then_the_order_of_the_wishes() -> None:
    packages = [installed("a", "b"), installed("b", "z"), installed("c", "z"), installed("d", "z"), installed("z")]
    assert ways(packages, "z", "a", "d", "c", "z", "b") == ["z", "d > z", "c > z", "b > z", "a > b > z"]


def test_a_wish_for_a_provided_name_begins_at_who_provides_it() -> None:
    packages = [installed("p", "z", provides="v"), installed("z")]
    assert ways(packages, "z", "v") == ["p > z"]


GRAPHS = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef")), min_size=2)


@given(GRAPHS, st.randoms())
def test_chains_do_not_depend_on_the_order_of_packages(graph: dict[str, list[str]], random: object) -> None:
    packages = [installed(name, ", ".join(sorted(set(needs)))) for name, needs in graph.items()]
    target, wishes = min(graph), sorted(graph)
    shuffled = packages[:]
    random.shuffle(shuffled)
    assert ways(packages, target, *wishes) == ways(shuffled, target, *wishes)


@given(GRAPHS)
def test_every_step_of_a_chain_is_a_need_that_is_there(graph: dict[str, list[str]]) -> None:
    packages = [installed(name, ", ".join(needs)) for name, needs in graph.items()]
    for target in graph:
        for chain in Needs(packages).chains(target, wished(*graph)):
            steps = [chain.start, *(need.target for need in chain.needs)]
            assert steps[-1] == target
            assert len(steps) == len(set(steps))
            assert all(after in graph[before] for before, after in pairwise(steps))


def answer(folder: Path, thing: str) -> Why:
    return why(python_layout(folder), "python3", thing)


@pytest.mark.parametrize(
    ("thing", "packages"),
    [
        ("libffi8", ["libffi8"]),
        ("libssl3", ["libssl3t64"]),
        ("libgcc_s.so.1", ["libgcc-s1"]),
        ("libffi.so.8", ["libffi8"]),
        (f"/{LIB}/libffi.so.8", ["libffi8"]),
        ("/lib/x86_64-linux-gnu/../x86_64-linux-gnu/libc.so.6", ["libc6"]),
        ("/usr/lib/python3.13", ["libpython3.13-stdlib"]),
        ("/etc/ld.so.cache", []),
        ("/etc/localtime", []),
    ],
)
def test_a_thing_leads_to_its_packages(tmp_path: Path, thing: str, packages: list[str]) -> None:
    assert [package.name for package in answer(tmp_path, thing).packages] == packages


def test_a_package_as_text(tmp_path: Path) -> None:
    assert present_why(answer(tmp_path, "libssl3t64")) == [
        "libssl3t64 3.5.6-1 in layer 3 (python3)",
        "  wish of stage python3: libssl3, which libssl3t64 provides",
        "  wish of stage python3: python3.13-minimal",
        "    python3.13-minimal    Depends: libpython3.13-stdlib (= 3.13.5-2)",
        "    libpython3.13-stdlib  Depends: libssl3 (>= 3.0.0), which libssl3t64 provides",
        "  needed directly by",
        "    libpython3.13-stdlib  Depends: libssl3 (>= 3.0.0)",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/lib/x86_64-linux-gnu/libffi.so.8",
            [
                "/lib is a link to usr/lib, made in layer 1 (static)",
                f"/{LIB}/libffi.so.8 is a link to libffi.so.8.1.4, made in layer 3 (python3)",
                f"it leads to /{LIB}/libffi.so.8.1.4, links followed as in a chroot",
                f"/{LIB}/libffi.so.8.1.4 is a file in layer 3 (python3)",
                "brought by libffi8",
            ],
        ),
        (
            "/etc/ld.so.cache",
            [
                "/etc/ld.so.cache is a file in layer 2 (cc)",
                "no package lists it: made by an effect or the configuration in stage cc, "
                "or a conffile of a package there",
            ],
        ),
        (
            f"/{LIB}/libssl.so.3",
            [
                f"/{LIB}/libssl.so.3 is a file in layer 3 (python3)",
                "no package lists it: made by an effect or the configuration in stage python3",
            ],
        ),
        (
            "/etc/localtime",
            ["/etc/localtime is a link to /usr/share/zoneinfo/UTC, made in layer 1 (static)", "which leads nowhere"],
        ),
        (
            "/usr/share/base-files/",
            ["/usr/share/base-files is a folder in layer 1 (static)", "with files of base-files"],
        ),
        ("/etc/python3.13/site.py", ["/etc/python3.13/site.py is a file in layer 3 (python3)",
                                     "brought by python3.13-minimal"]),
    ],
)  # fmt: skip
def test_a_path_as_text(tmp_path: Path, path: str, expected: list[str]) -> None:
    lines = present_why(answer(tmp_path, path))
    lines = lines[: lines.index("")] if "" in lines else lines
    assert lines == [f"{path} in python3:latest for linux/amd64", *(f"  {line}" for line in expected)]


def test_a_folder_of_many_packages_names_them_only(tmp_path: Path) -> None:
    assert present_why(answer(tmp_path, "/"))[-2:] == [
        "6 packages: base-files, libc6, libffi8, libgcc-s1, libpython3.13-stdlib, python3.13-minimal",
        "ask for one of them by its name",
    ]


def test_without_wishes_chains_begin_at_what_nothing_needs(tmp_path: Path) -> None:
    lines = present_why(why(python_layout(tmp_path, wishes=None), "python3", "libffi8"))
    assert lines[1:4] == [
        "  nothing needs python3.13-minimal",
        "    python3.13-minimal    Depends: libpython3.13-stdlib (= 3.13.5-2)",
        "    libpython3.13-stdlib  Depends: libffi8 (>= 3.4)",
    ]
    assert "does not say what was wished for" in lines[-1]


def test_a_package_that_no_wish_leads_to_is_said_so(tmp_path: Path) -> None:
    lines = present_why(why(python_layout(tmp_path, wishes="static: base-files"), "python3", "libffi8"))
    assert lines[1] == "  no wish leads to it by Depends or Pre-Depends"


@pytest.mark.parametrize(
    ("thing", "hint"),
    [
        ("libffi9", 'did you mean "libffi8"?'),
        ("libgcc_s.so.2", 'did you mean "libgcc_s.so.1"?'),
        ("/usr/bin/pyton3.13", 'did you mean "/usr/bin/python3.13"?'),
        ("/lib/pyton3.13", 'did you mean "/lib/python3.13"?'),
        ("/pyton", None),
        ("/no/where", None),
        ("/etc/localtime/x", None),
        ("", "write a package, a path that begins with /, or a library such as libc.so.6"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest(tmp_path: Path, thing: str, hint: str | None) -> None:
    with pytest.raises(UsageError, match='"python3:latest" for linux/amd64 has no ') as refused:
        answer(tmp_path, thing)
    assert refused.value.hint == hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("static: a b; cc: c", (("static", "a"), ("static", "b"), ("cc", "c"))),
        (" static :a ;; empty: ;", (("static", "a"),)),
    ],
)
def test_wishes_are_read(text: str, expected: tuple[tuple[str, str], ...]) -> None:
    wishes = wishes_of(make_image(annotations={WISHES_KEY: text}).manifest)
    assert wishes == tuple(Wish(stage=stage, package=package) for stage, package in expected)


@pytest.mark.parametrize("text", ["static a b", ": a", "static: a, b", "static: $(x)"])
def test_wishes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(FormatError, match=f"^annotation {WISHES_KEY}: cannot read"):
        wishes_of(make_image(annotations={WISHES_KEY: text}).manifest)


@pytest.mark.parametrize("thing", ["libffi8", "/lib/x86_64-linux-gnu/libffi.so.8", "/etc/localtime", "/"])
def test_answers_are_json(tmp_path: Path, thing: str) -> None:
    document = answer(tmp_path, thing).to_document()
    assert json.loads(json.dumps(document)) == document
