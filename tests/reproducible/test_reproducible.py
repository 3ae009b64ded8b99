"""`make reproducible` would notice a difference, its conditions are what they say, and the page names all of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.reading import ROOT
from tests.makers.image import make_image, make_layout
from tests.makers.layers import file, make_image_from
from tests.reproducible.conditions import FIRST, YEAR_S, conditions
from tests.reproducible.layouts import differences
from tests.reproducible.places import checkout, clock_folder, linked_store, thinned

PAGE = ROOT / "docs/explanation/reproducibility.md"
NAMES = [condition.name for condition in conditions(frozenset())]


def test_the_page_has_every_condition_in_their_order() -> None:
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| (?!what is different)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = [name for row in rows for name in row.split(", ") if name in NAMES]

    assert told == NAMES


def test_every_condition_but_the_repetition_changes_something() -> None:
    said = [
        (one.environment, one.folder, one.umask, one.jobs, one.reverse, one.clock_s, one.newest, one.nobody,
         one.copied, one.kept, one.alone)
        for one in (FIRST, *conditions(frozenset(["de_DE.utf8"])))
    ]  # fmt: skip

    assert [said.index(one) for one in said] == [0, 0, *range(2, len(said))]


def test_an_installed_language_is_preferred() -> None:
    abouts = {one.name: one.about for one in conditions(frozenset(["C.utf8", "de_DE.utf8"]))}

    assert abouts["language"] == "de_DE.utf8"


def test_equal_layouts_have_no_differences(tmp_path: Path) -> None:
    layouts = [make_layout(tmp_path / name, {"it:latest": make_image()}) for name in ("one", "other")]

    assert differences(layouts[0].root, layouts[1].root, ("one", "other")) == []


def test_a_difference_is_told_by_path_and_field_and_by_the_files(tmp_path: Path) -> None:
    one = make_layout(tmp_path / "one", {"it:latest": make_image_from([file("x", mode=0o644)])})
    other = make_layout(tmp_path / "other", {"it:latest": make_image_from([file("x", mode=0o640)])})

    lines = differences(one.root, other.root, ("one", "other"))

    assert lines[:4] == [
        "it:latest",
        "  linux/amd64 layer 1 (layer 0): /x: mode",
        "      one:    0644",
        "      other:  0640",
    ]
    assert "index.json has other bytes" in lines
    assert sum(line.startswith("one alone has blobs/sha256/") for line in lines) == 4


def test_a_changed_file_under_an_honest_name_is_a_difference(tmp_path: Path) -> None:
    layouts = [make_layout(tmp_path / name, {"it:latest": make_image()}) for name in ("one", "other")]
    blob = sorted((layouts[1].root / "blobs/sha256").iterdir())[0]
    blob.chmod(0o644)
    blob.write_bytes(b"x")

    assert differences(layouts[0].root, layouts[1].root, ("one", "other")) == [
        f"blobs/sha256/{blob.name} has other bytes"
    ]


def test_the_clock_is_wrong_in_every_way_that_python_asks_for_it(tmp_path: Path) -> None:
    program = "import datetime, time; print(time.gmtime().tm_year, time.localtime().tm_year, " \
        "datetime.datetime.now().year, time.time_ns() // 10**9 - int(time.time()), time.gmtime(0).tm_year)"  # fmt: skip

    def asked(years: int) -> list[int]:
        variables = {
            "PATH": os.environ["PATH"], "TZ": "UTC", "PYTHONPATH": str(clock_folder(tmp_path)),
            "SHIFTED_CLOCK_S": str(years * YEAR_S),
        }  # fmt: skip
        told = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, check=True).stdout
        return [int(word) for word in told.split()]

    now, later = asked(0), asked(9)
    assert [year + 9 for year in now[:3]] == later[:3]
    assert (later[3] in (0, 1), later[4]) == (True, 1970)


def test_half_of_a_store_is_always_the_same_half_and_keeps_the_packages(tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    (seed / "blobs").mkdir(parents=True)
    (seed / "blobs/package").write_bytes(b"deb")
    left = []
    for name in ("one", "other"):
        store = tmp_path / name
        linked_store(seed, store)
        for number in range(100):
            (store / f"blobs/{number}").write_bytes(b"")
        thinned(store, seed, 50)
        left.append({path.name for path in (store / "blobs").iterdir()})

    assert left[0] == left[1]
    assert "package" in left[0]
    assert 30 < len(left[0]) < 70


def test_another_checkout_is_read_only_and_of_another_time(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "copy", changed=True)

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert (folder / "bareboat/cli/build.py").read_bytes() == (ROOT / "src/bareboat/cli/build.py").read_bytes()
    assert {(path.stat().st_mode & 0o777, int(path.stat().st_mtime)) for path in files} == {(0o444, 1)}
