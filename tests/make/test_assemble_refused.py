"""Orders that become no layers, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, BuildError, ConfigurationError, NotFoundError, StaleLockError
from bareboat.make.order import Order
from bareboat.plan.config.config import TrustWish
from tests.makers.bench import (
    ACCOUNTS,
    MERGED_USR,
    PLACE,
    Bench,
    assemble,
    make_file,
    make_stage,
    short,
)
from tests.makers.deb import directory, symlink


def refusal(bench: Bench, order: Order) -> BareboatError:
    with pytest.raises(BareboatError) as refused:
        assemble(order, bench.workshop)
    return refused.value


def test_a_conflict_names_both_packages() -> None:
    bench = Bench()
    one, two = bench.package("one", files={"/x": b"1"}), bench.package("two", files={"/x": b"2"})

    error = refusal(bench, bench.order(make_stage("static", one), make_stage("base", two)))

    assert error.message == (
        "cannot put these packages into one image:\n"
        f"  /x: one has a file ({short('1')}, 0644), two has a file ({short('2')}, 0644)"
    )


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        (
            "/lib/x",
            "image: /lib/x (config:/lib/x) leads through /lib, which is a link to usr/lib (package:base-files)",
            "write /usr/lib/x instead",
        ),
        (
            "/bin", "image: /bin must be a link to usr/bin on debian13, and config:/bin makes it something else",
            "put the files under /usr/bin",
        ),
        (
            "/etc", 'bareboat.yaml:7:5: files: cannot put a file at "/etc": it is a folder with files of other',
            'write a path below it, such as "/etc/NAME"',
        ),
        (
            "/usr",
            'bareboat.yaml:7:5: files: cannot put a file at "/usr": it is a folder with files of even and 1 more',
            'write a path below it, such as "/usr/NAME"',
        ),
    ],
)  # fmt: skip
def test_a_file_of_the_configuration_cannot_stand_in_the_way(path: str, message: str, hint: str | None) -> None:
    bench = Bench()
    packages = [
        bench.base_files(), bench.package("other", files={"/etc/x": b"", "/usr/y": b""}),
        bench.package("even", files={"/usr/z": b""}),
    ]  # fmt: skip

    error = refusal(bench, bench.order(make_stage("static", *packages, files=[make_file(path, text="")])))

    assert (error.message, error.hint) == (message, hint)


def test_a_file_of_the_configuration_can_stand_where_a_folder_is_empty() -> None:
    bench = Bench()
    order = bench.order(make_stage("static", bench.base_files(directory("srv")), files=[make_file("/srv", link="/x")]))

    (layer,) = bench.layers(order)

    assert "srv -> /x" in bench.lines(layer)


def test_what_effects_and_files_made_below_is_in_the_way_too() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.base_files(), files=[make_file("/srv/a", text="")]),
        make_stage("app", files=[make_file("/srv", link="/data")]),
    )

    error = refusal(bench, order)

    assert error.message == (
        'bareboat.yaml:7:5: files: cannot put a link at "/srv": it is a folder with files of config:/srv/a'
    )


def test_stale_locks_are_refused() -> None:
    bench = Bench()
    order = bench.order(make_stage("static", bench.base_files()))
    node = bench.program("nodejs", {"n": b""})
    cases: Sequence[tuple[Order, str]] = [
        (replace(order, recipe=replace(order.recipe, stages=())), "the lock does not have image for amd64"),
        (replace(order, recipe=replace(order.recipe, name="new")), "the lock does not have new for amd64"),
        (
            replace(bench.order(make_stage("static", upstream=[node])), programs={}),
            'the lock has the program "nodejs", which the catalogue does not have',
        ),
    ]

    for stale, message in cases:
        error = refusal(bench, stale)
        assert (type(error), error.message) == (StaleLockError, message)


def test_an_unknown_effect_is_refused_with_the_nearest() -> None:
    bench = Bench()

    error = refusal(bench, bench.order(make_stage("static", effects=["ldcaches"])))

    assert (type(error), error.message, error.hint) == (
        ConfigurationError, 'no effect is called "ldcaches"', 'did you mean "ldcache"?',
    )  # fmt: skip


def test_an_authority_that_is_not_there_is_missed(tmp_path: Path) -> None:
    bench = Bench()
    stage = make_stage("static", trust=[TrustWish(source="certs/x.pem", place=PLACE)])

    error = refusal(bench, bench.order(stage, folder=tmp_path))

    assert error.message == 'bareboat.yaml:7:5: trust: cannot read "certs/x.pem": no such file or directory'


def test_a_package_that_the_store_lacks_is_missed() -> None:
    bench = Bench()
    order = bench.order(make_stage("static", replace(bench.base_files(), sha256=Digest.of(b"other"))))

    assert isinstance(refusal(bench, order), NotFoundError)


def test_a_link_in_place_of_a_folder_of_the_effects_is_told() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.package("base-files", entries=[*MERGED_USR, symlink("home", "srv")])),
        make_stage("app", accounts=ACCOUNTS, effects=["accounts"]),
    )

    with pytest.raises(BuildError, match=r"image: /home/nonroot \(effect:accounts\) leads through /home"):
        assemble(order, bench.workshop)
