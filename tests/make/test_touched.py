"""Which of the configuration's own globs match anything is known once a package was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.path import ImagePath
from bareboat.make.contribute import contribute
from bareboat.make.contribution import Treatment
from bareboat.make.part import PackagePart, ProgramPart
from bareboat.make.prune import Pruning, matches
from bareboat.make.touched import Touched, is_touched, scoped
from tests.makers.bench import Bench
from tests.makers.deb import directory, file, hardlink, symlink

PATHS = ("usr/", "usr/share/", "usr/share/empty/", "usr/share/full/", "usr/share/full/x.txt", "usr/share/full.txt")


def touched(paths: tuple[str, ...], globs: tuple[str, ...]) -> tuple[str, ...]:
    """What matches some of `paths`, of which folders end in a slash."""
    seen = Touched(Pruning(drop=globs))
    for path in paths:
        seen.see(ImagePath(path.rstrip("/")), is_folder=path.endswith("/"))
    return seen.globs


@pytest.mark.parametrize(
    ("glob", "matched"),
    [
        ("usr/share/full/x.txt", True),
        ("usr/share/full/**", True),
        ("usr/share/**/*.txt", True),
        ("usr/share/full", False),
        ("usr/share/empty", True),
        ("usr/share/empty/**", True),
        ("usr/share", False),
        ("usr/shar", False),
        ("usr/share/*", True),
        ("usr/share/full/*.md", False),
        ("usr/share/full?txt", True),
    ],
)
def test_a_glob_matches_a_file_or_an_empty_folder(glob: str, matched: bool) -> None:
    """The folder of files alone is a slip: they would bring it back."""
    assert touched(PATHS, (glob,)) == ((glob,) if matched else ())


@given(st.lists(st.sampled_from(["a", "a/b", "a/b/c", "ab", "c"]), unique=True), st.lists(st.sampled_from(
    ["a", "a/*", "a/**", "**", "?", "c", "x"]
), unique=True))  # fmt: skip
def test_of_files_each_glob_is_found_that_matches_one(paths: list[str], globs: list[str]) -> None:
    expected = sorted(glob for glob in globs if any(matches((glob,), ImagePath(path)) for path in paths))

    assert touched(tuple(paths), tuple(globs)) == tuple(expected)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("/usr/bin/*", True), ("libc-bin:/usr/bin/*", True), ("libc6:/usr/bin/*", False), ("/usr/sbin/*", False),
        ("/etc/hosts/**", True), ("libc-bin:/etc/hosts/**", False), ("/a:b", True),
    ],
)  # fmt: skip
def test_a_word_is_touched_in_its_package_or_in_any(word: str, expected: bool) -> None:
    known = scoped("libc-bin", ["usr/bin/*"]) | scoped("", ["etc/hosts/**"]) | scoped("one", ["a:b"])

    assert is_touched(word, known) is expected


def test_a_package_says_what_matched_whatever_became_of_it() -> None:
    """Paths as they are in the image: /usr merged, files moved, links and those of other rules too."""
    bench = Bench()
    package = bench.package("pack", entries=[
        file("lib/moved", b"1"), file("usr/share/man/x", b"2"), symlink("usr/link", "moved"),
        hardlink("usr/hard", "lib/moved"), file("etc/shared", b"3"), directory("var/empty"),
    ])  # fmt: skip
    keep = ("usr/share/man/x", "lib/moved", "usr/lib/moved")
    drop = ("usr/link", "usr/hard", "etc/shared", "var/empty", "opt/**")
    treatment = Treatment(pruning=Pruning(keep=keep, drop=drop), shared=(ImagePath("etc/shared"),))
    part = PackagePart(package=package, treatment=treatment)

    made = contribute(part, bench.workshop)

    assert set(keep + drop) - set(made.touched) == {"lib/moved", "opt/**"}
    assert contribute(part, bench.workshop).touched == made.touched


def test_a_program_says_what_matched() -> None:
    bench = Bench()
    built = bench.program("nodejs", {"n/a": b"1", "n/b": b"2"})
    treatment = Treatment(pruning=Pruning(drop=("n/b", "n/c")))
    part = ProgramPart(built=built, program=bench.programs["nodejs"], treatment=treatment)

    assert contribute(part, bench.workshop).touched == ("n/b",)


def test_a_layer_says_what_matched_in_which_package_and_what_of_effects_was_taken_away() -> None:
    from tests.makers.bench import ACCOUNTS, make_file, make_stage

    bench = Bench()
    one, two = (bench.package(name, files={f"/usr/{name}/x": b"x", "/usr/both": b"y"}) for name in ("one", "two"))
    order = bench.order(
        make_stage("static", bench.base_files(), one, accounts=ACCOUNTS, effects=["accounts"]),
        make_stage("app", two, files=[make_file("/etc/group", remove=True), make_file("/etc/nothing", remove=True)]),
        drop=("/usr/both", "one:/usr/*/x", "two:/usr/absent"),
    )

    static, app = bench.layers(order)

    assert static.touched == (":/etc/group/**", "one:/usr/*/x", "one:/usr/both")
    assert app.touched == (":/etc/group/**", "two:/usr/both")
    assert bench.layers(order) == (static, app)
