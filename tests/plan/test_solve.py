"""Debian's relations as a solver obeys them: tiny ecosystems, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import ResolutionError
from bareboat.debian.package import Package
from bareboat.debian.relation import Group, Relation, parse_relations
from bareboat.plan.prefer import Candidate
from bareboat.plan.solve import Need, solve
from bareboat.plan.staging import locked_package
from bareboat.plan.universe import Supply, Universe
from tests.makers.ecosystem import make_supply, make_universe


def needs(wishes: str) -> list[Need]:
    return [Need(group, "image web") for group in parse_relations(wishes, "wishes")]


def answer(universe: Universe, wishes: str, *, fixed: Sequence[Candidate] = (), omitted: str = "") -> str:
    """`name=version` of everything chosen, with spaces between."""
    found = solve(universe, needs(wishes), fixed, frozenset(omitted.split()))
    return " ".join(f"{name}={candidate.package.version}" for name, candidate in found.items())


CASES = {
    "a wish alone": (["a 1"], "a", "a=1"),
    "no wish": (["a 1"], "", ""),
    "the latest version": (["a 1", "a 2~rc1", "a 1:0"], "a", "a=1:0"),
    "a wish for a version": (["a 1", "a 2", "a 3"], "a (<< 3)", "a=2"),
    "a chain": (["a 1 needs b", "b 1 needs c (>= 1)", "c 1"], "a", "a=1 b=1 c=1"),
    "nothing else is pulled in": (["a 1 needs b", "b 1", "c 1 needs a"], "a", "a=1 b=1"),
    "pre-depends": (["a 1 pre-needs b (>= 2); needs c", "b 1", "b 2", "c 1"], "a", "a=1 b=2 c=1"),
    "the first alternative": (["a 1 needs b | c", "b 1", "c 1"], "a", "a=1 b=1"),
    "the only alternative that is there": (["a 1 needs b | c", "c 1"], "a", "a=1 c=1"),
    "the only alternative in the version": (["a 1 needs b (>= 2) | c", "b 1", "c 1"], "a", "a=1 c=1"),
    "an alternative that is wished for": (["a 1 needs b | c", "b 1", "c 1"], "a, c", "a=1 c=1"),
    "an alternative that something else needs": (
        ["a 1 needs b | c", "b 1", "c 1", "d 1 needs c"],
        "a, d",
        "a=1 c=1 d=1",
    ),
    "an alternative that a choice made later brings": (
        ["a 1 needs b | c, d | e", "b 1", "c 1", "d 1 needs c", "e 1"], "a", "a=1 c=1 d=1",
    ),
    "a way that another way needs stays where nothing else has that": (
        ["a 1 needs v", "p 1 provides v; needs q", "q 1 provides v"], "a", "a=1 p=1 q=1",
    ),
    "a provider that another choice makes needless": (
        ["a 1 needs u, v", "v 1 needs q", "p 1 provides u; needs q", "q 1 provides u, v"], "a", "a=1 q=1",
    ),
    "a provider": (["a 1 needs v", "p 1 provides v"], "a", "a=1 p=1"),
    "a provider that is wished for": (["a 1 needs v", "o 1 provides v", "p 1 provides v"], "a, p", "a=1 p=1"),
    "the real package before its provider": (["a 1 needs v", "p 1 provides v", "v 1"], "a", "a=1 v=1"),
    "the first provider by name": (["a 1 needs v", "q 1 provides v", "p 1 provides v"], "a", "a=1 p=1"),
    "the provider of the higher priority": (
        ["a 1 needs v", "n 1 provides v", "o 1 provides v; priority important", "p 1 provides v; priority required"],
        "a",
        "a=1 p=1",
    ),
    "a wish for a virtual package": (["p 1 provides v"], "v", "p=1"),
    "a versioned provides": (["a 1 needs v (>= 2)", "p 1 provides v (= 1)", "q 1 provides v (= 2)"], "a", "a=1 q=1"),
    "an unversioned provides meets no version": (["a 1 needs v (>= 0) | c", "p 1 provides v", "c 1"], "a", "a=1 c=1"),
    "several provides of one name": (["a 1 needs v (= 1)", "p 1 provides v (= 2), v (= 1)"], "a", "a=1 p=1"),
    "an older provider in the version": (
        ["a 1 needs v (= 1)", "p 1 provides v (= 1)", "p 2 provides v (= 2)"],
        "a",
        "a=1 p=1",
    ),
    "an old library by its provider": (["a 1 needs v (>= 2)", "v 1", "p 9 provides v (= 2)"], "a", "a=1 p=9"),
    "what a package provides itself": (["a 1 needs v; provides v"], "a", "a=1"),
    "a package that needs itself": (["a 1 needs a (>= 1)"], "a", "a=1"),
    "a cycle": (["a 1 needs b", "b 1 needs c", "c 1 needs a"], "a", "a=1 b=1 c=1"),
    "a cycle of exact versions": (
        ["a 1 needs b (= 1)", "a 2 needs b (= 2)", "b 1 needs a (= 1)", "b 2 needs a (= 2)"],
        "a, b (<< 2)",
        "a=1 b=1",
    ),
    "any": (["a 1 needs b:any (>= 1)", "b 1 multi-arch allowed"], "a", "a=1 b=1"),
    "native": (["a 1 needs b:native", "b 1"], "a", "a=1 b=1"),
    "this architecture": (["a 1 needs b:amd64", "b 1"], "a", "a=1 b=1"),
    "another architecture by name": (["a 1 needs b:i386 | c", "b 1", "c 1"], "a", "a=1 c=1"),
    "meant for this architecture": (
        ["a 1 needs b [amd64], c [arm64], d [!amd64], e [linux-any]", "b 1", "e 1"],
        "a",
        "a=1 b=1 e=1",
    ),
    "alternatives by architecture": (["a 1 needs b [arm64] | c [amd64]", "b 1", "c 1"], "a", "a=1 c=1"),
    "all architectures": (["a 1 needs b", "b 1 arch all"], "a", "a=1 b=1"),
    "conflicts pull nothing in": (["a 1 conflicts b; breaks c", "b 1", "c 1"], "a", "a=1"),
    "conflicts choose an older one": (["a 1 conflicts b (>= 2)", "b 1", "b 2"], "a, b", "a=1 b=1"),
    "breaks choose an older one": (["a 1 breaks b (>= 2)", "b 1", "b 2"], "a, b", "a=1 b=1"),
    "breaks from the other side": (["a 1", "b 1", "b 2 breaks a"], "a, b", "a=1 b=1"),
    "conflicts through provides": (
        ["a 1 conflicts v", "b 1 provides v", "c 1", "d 1 needs b | c"],
        "a, d",
        "a=1 c=1 d=1",
    ),
    "a versioned conflict misses an unversioned provides": (
        ["a 1 conflicts v (<< 9)", "b 1 provides v"],
        "a, b",
        "a=1 b=1",
    ),
    "a versioned conflict meets a versioned provides": (
        ["a 1 conflicts v (<< 9)", "b 1 provides v (= 1)", "b 2 provides v (= 9)", "b 3 provides v (= 8)"],
        "a, b",
        "a=1 b=2",
    ),
    "conflicts with what it provides itself": (["a 1 provides v; conflicts v; replaces v"], "a", "a=1"),
    "conflicts elsewhere": (["a 1 conflicts b [arm64]", "b 1"], "a, b", "a=1 b=1"),
    "going back over a version": (["a 1", "a 2 needs b (>= 2)", "b 1"], "a, b", "a=1 b=1"),
    "going back over an alternative": (
        ["a 1 needs b | c", "b 1 needs d", "d 1 conflicts e", "e 1", "c 1"],
        "a, e",
        "a=1 c=1 e=1",
    ),
    "going back over two choices": (
        ["a 1 needs b | c, d | e", "b 1 needs x (= 1)", "c 1", "d 1 needs x (= 2)", "e 1 needs x (= 1)", "x 1", "x 2"],
        "a",
        "a=1 b=1 e=1 x=1",
    ),
    "going far back": (
        ["a 1", "a 2 needs m", "m 1 needs n", "n 1 needs o", "o 1 needs z (>= 2)", "z 1", "b 1 needs z"],
        "a, b",
        "a=1 b=1 z=1",
    ),
}


@pytest.mark.parametrize(("lines", "wishes", "chosen"), CASES.values(), ids=CASES)
def test_what_is_chosen(lines: list[str], wishes: str, chosen: str) -> None:
    assert answer(make_universe(*lines), wishes) == chosen


@pytest.mark.parametrize(("lines", "wishes", "chosen"), CASES.values(), ids=CASES)
def test_the_order_of_stanzas_and_wishes_does_not_matter(lines: list[str], wishes: str, chosen: str) -> None:
    assert answer(make_universe(*reversed(lines)), ", ".join(reversed(wishes.split(", ")))) == chosen


def test_recommends_are_not_followed() -> None:
    from bareboat.debian.index import PackageIndex

    stanza = f"Package: a\nVersion: 1\nArchitecture: all\nRecommends: b\nFilename: a.deb\nSize: 1\nSHA256: {64 * 'a'}\n"
    index = PackageIndex.parse(stanza.encode(), "Packages")
    assert answer(make_universe(Supply(archive="main", index=index)), "a") == "a=1"


@pytest.mark.parametrize(
    ("archives", "wishes", "chosen"),
    [
        ([("main", "a 1", 500), ("updates", "a 2", 500)], "a", "a 2 updates"),
        ([("main", "a 2", 500), ("updates", "a 1", 500)], "a", "a 2 main"),
        ([("main", "a 1", 500), ("security", "a 1", 500)], "a", "a 1 main"),
        ([("main", "a 1", 500), ("ours", "a 2", 100)], "a", "a 1 main"),
        ([("main", "a 2", 500), ("ours", "a 1", 900)], "a", "a 1 ours"),
        ([("main", "a 1", 500), ("ours", "a 2", 100)], "a (>= 2)", "a 2 ours"),
        ([("main", "a 2", 500), ("ours", "a 1", 900)], "a (>= 2)", "a 2 main"),
    ],
)
def test_priority_outranks_version_and_version_outranks_order(
    archives: list[tuple[str, str, int]], wishes: str, chosen: str
) -> None:
    supplies = [make_supply(line, archive=name, priority=priority) for name, line, priority in archives]
    found = solve(make_universe(*supplies), needs(wishes), (), frozenset())
    assert [f"{candidate} {candidate.archive}" for candidate in found.values()] == [chosen]


def test_only_pinned_packages_come_from_a_pinned_archive() -> None:
    main = make_supply("a 1 needs b, v", "b 1", "p 1 provides v")
    ours = make_supply("a 2 needs b, v", "b 2", "o 2 provides v", archive="ours", only=["a"])
    assert answer(make_universe(main, ours), "a") == "a=2 b=1 p=1"


@pytest.mark.parametrize(
    ("lines", "wishes", "omitted", "chosen"),
    [
        (["a 1 needs b, c", "b 1", "c 1"], "a", "b", "a=1 c=1"),
        (["a 1 needs b"], "a", "b", "a=1"),
        (["a 1 needs b (>= 2) | c", "b 1", "c 1"], "a", "b", "a=1"),
        (["a 1 needs c | b", "b 1", "c 1"], "a", "b", "a=1"),
        (["a 1 needs v", "p 1 provides v", "q 1 provides v"], "a", "p", "a=1 q=1"),
        (["a 1 needs v", "p 1 provides v"], "a", "p", "a=1"),
        (["a 1 needs b", "b 1"], "a, b", "b", "a=1 b=1"),
    ],
)
def test_dependencies_on_what_is_omitted_are_dropped(lines: list[str], wishes: str, omitted: str, chosen: str) -> None:
    assert answer(make_universe(*lines), wishes, omitted=omitted) == chosen


def fixed_in(universe: Universe, *names: str) -> list[Candidate]:
    return [universe.candidates(name)[-1] for name in names]


def test_what_the_stages_below_have_stays_and_is_used() -> None:
    universe = make_universe("a 1 needs b | c, d", "b 1", "c 1", "d 1", "d 2")
    assert answer(universe, "a", fixed=fixed_in(universe, "c", "d")) == "a=1 c=1 d=1"


def test_what_the_stages_below_have_is_not_replaced() -> None:
    universe = make_universe("a 1 needs d (>= 2)", "d 1", "d 2")
    with pytest.raises(ResolutionError) as caught:
        answer(universe, "a", fixed=fixed_in(universe, "d"))
    assert caught.value.message == (
        "cannot choose packages for amd64: these do not go together\n"
        "  a stage below has d 1 from main\n"
        "  image web needs a\n"
        "    a 1 from main suits\n"
        "  a 1 needs d (>= 2)\n"
        "    d 2 from main suits\n"
        "    d 1 from main is not >= 2"
    )


def test_what_the_lock_has_is_preferred_to_everything_else() -> None:
    lines = ["a 1 needs b | c, v", "a 2 needs b | c, v", "b 1", "c 1", "p 1 provides v", "q 1 provides v"]
    free = make_universe(*lines)
    kept = {name: locked_package(free.candidates(name)[-1]) for name in ("a", "c", "q")}
    assert answer(free, "a") == "a=2 b=1 p=1"
    assert answer(make_universe(*lines, locked=kept), "a") == "a=1 c=1 q=1"


def test_what_the_lock_has_stays_though_the_archive_has_it_no_more() -> None:
    before = make_universe("a 1 pre-needs b; needs v", "b 1", "p 1 provides v (= 3)")
    kept = {name: locked_package(before.candidates(name)[0]) for name in ("a", "b", "p")}
    after = make_universe("a 2", "b 2", locked=kept)
    assert answer(after, "a") == "a=1 b=1 p=1"
    assert answer(after, "a, b (>= 2)") == "a=1 b=2 p=1"
    assert answer(after, "a (>= 2)") == "a=2"


NAMES = "abcde"
versions = st.sampled_from("123")
operators = st.sampled_from(["<<", "<=", "=", ">=", ">>"])
relations = st.one_of(
    st.sampled_from([*NAMES, "v", "w"]),
    st.builds(
        lambda name, operator, number: f"{name} ({operator} {number})",
        st.sampled_from([*NAMES, "v"]),
        operators,
        versions,
    ),
)
groups = st.lists(relations, min_size=1, max_size=2).map(" | ".join)
provisions = st.sampled_from(["v", "w", "v (= 1)", "v (= 2)", "w (= 3), v"])


@st.composite
def ecosystems(draw: st.DrawFn) -> list[str]:
    lines = []
    for name in NAMES:
        for version in draw(st.lists(versions, min_size=1, max_size=2, unique=True)):
            clauses = [
                *(
                    f"needs {text}"
                    for text in draw(st.lists(st.lists(groups, min_size=1, max_size=2).map(", ".join), max_size=1))
                ),
                *(f"provides {text}" for text in draw(st.lists(provisions, max_size=1))),
                *(f"conflicts {text}" for text in draw(st.lists(relations, max_size=1))),
                *(f"breaks {text}" for text in draw(st.lists(relations, max_size=1))),
            ]
            lines.append(f"{name} {version} {'; '.join(clauses)}")
    return lines


wish_lists = st.lists(st.sampled_from([*NAMES, "v", "a (<< 3)"]), min_size=1, max_size=3, unique=True).map(", ".join)


def is_met(relation: Relation, package: Package) -> bool:
    """Written anew from Policy 7.1 and 7.5, knowing nothing of the solver."""
    if relation.name == package.name and relation.admits(package.version):
        return True
    return any(item.name == relation.name and relation.admits(item.version) for item in package.provides)


def is_right(packages: Sequence[Package], wishes: Sequence[Group]) -> bool:
    asked = [*wishes, *(group for package in packages for group in (*package.depends, *package.pre_depends))]
    hated = [
        (package, relation)
        for package in packages
        for group in (*package.conflicts, *package.breaks)
        for relation in group.alternatives
    ]
    return all(
        any(is_met(one, package) for one in group.alternatives for package in packages) for group in asked
    ) and not any(
        is_met(relation, other) for package, relation in hated for other in packages if other.name != package.name
    )


@given(ecosystems(), wish_lists)
def test_a_selection_is_right_and_is_found_whenever_there_is_one(lines: list[str], wishes: str) -> None:
    universe = make_universe(*lines)
    asked = [need.group for need in needs(wishes)]
    try:
        found = solve(universe, needs(wishes), (), frozenset())
    except ResolutionError:
        index = universe.supplies[0].index
        every = product(*([None, *index.named(name)] for name in index.names))
        assert not any(is_right([package for package in picks if package], asked) for picks in every)
    else:
        packages = [candidate.package for candidate in found.values()]
        assert is_right(packages, asked)
        assert list(found) == sorted(found) == [package.name for package in packages]
        assert reached(packages, asked) == set(found)


def reached(packages: Sequence[Package], wishes: Sequence[Group], without: Package | None = None) -> set[str]:
    """What the wishes lead to among `packages`, but not along a group that `without` meets."""
    names: set[str] = set()
    waiting = list(wishes)
    for group in waiting:
        for package in packages:
            if without is not None and meets(without, group):
                continue
            if package.name not in names and meets(package, group):
                names.add(package.name)
                waiting += [*package.depends, *package.pre_depends]
    return names


@given(ecosystems(), wish_lists)
def test_nothing_is_chosen_that_is_needless_beside_what_is_there_anyway(lines: list[str], wishes: str) -> None:
    asked = [need.group for need in needs(wishes)]
    try:
        found = solve(make_universe(*lines), needs(wishes), (), frozenset())
    except ResolutionError:
        return
    packages = [candidate.package for candidate in found.values()]
    for package in packages:
        others = [other for other in packages if other != package]
        anyway = reached(others, asked, without=package)
        left = [other for other in others if other.name in anyway]
        wanted = [group for group in groups_among(left, asked) if meets(package, group)]
        assert not all(any(meets(other, group) for other in left) for group in wanted), package


def meets(package: Package, group: Group) -> bool:
    return any(is_met(one, package) for one in group.alternatives)


def groups_among(packages: Sequence[Package], wishes: Sequence[Group]) -> list[Group]:
    return [*wishes, *(group for package in packages for group in (*package.depends, *package.pre_depends))]


@given(ecosystems(), wish_lists, st.randoms(use_true_random=False))
def test_the_order_of_what_is_said_never_matters(lines: list[str], wishes: str, random: object) -> None:
    shuffled = sorted(lines, key=lambda line: hash_of(line, random))
    assert outcome(lines, wishes) == outcome(shuffled, ", ".join(reversed(wishes.split(", "))))


def hash_of(line: str, random: object) -> float:
    return random.random() if hasattr(random, "random") else 0.0


def outcome(lines: Sequence[str], wishes: str) -> str:
    try:
        return answer(make_universe(*lines), wishes)
    except ResolutionError as error:
        return f"{error.message}\n{error.hint}"


def test_every_permutation_of_an_ecosystem_gives_one_answer() -> None:
    lines = ["a 1 needs b | c, v", "a 2 needs x", "b 1 conflicts p", "c 1", "p 1 provides v"]
    assert {answer(make_universe(*order), "a") for order in permutations(lines)} == {"a=1 c=1 p=1"}
