"""IMAGE as users type it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import UsageError
from bareboat.base.platform import ARCHITECTURES
from bareboat.plan.config.config import Variant
from bareboat.plan.inherit import config_recipes
from bareboat.plan.names import ImageName, select
from bareboat.plan.recipes import Recipes
from tests.makers.catalog import config_of, some_catalog

DEFAULT = "debian13"


def selected(*names: str, config: str = "") -> list[tuple[str, list[str], list[str]]]:
    own = config_recipes(config_of(config), some_catalog()) if config else ()
    chosen = select(Recipes(own, some_catalog()), names, DEFAULT)
    return [(one.recipe.name, [str(variant) for variant in one.variants], list(one.architectures)) for one in chosen]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python3", ImageName("python3")),
        ("python3-debian13", ImageName("python3", "debian13")),
        ("python3-debian13:debug-nonroot", ImageName("python3", "debian13", Variant.debug_nonroot)),
        ("python3:latest", ImageName("python3", None, Variant.latest)),
        ("python3.13:nonroot", ImageName("python3.13", None, Variant.nonroot)),
        ("static:nonroot-arm64", ImageName("static", None, Variant.nonroot, "arm64")),
        ("static:debug-nonroot-s390x", ImageName("static", None, Variant.debug_nonroot, "s390x")),
        ("base-nossl-debian12", ImageName("base-nossl", "debian12")),
        ("my-debianish", ImageName("my-debianish")),
    ],
)
def test_a_name_has_the_parts_that_users_of_distroless_know(text: str, expected: ImageName) -> None:
    assert ImageName.parse(text) == expected


@given(
    st.from_regex(r"[a-z][a-z0-9.]{0,8}", fullmatch=True),
    st.none() | st.sampled_from(["debian12", "debian13"]),
    st.none() | st.sampled_from(Variant),
    st.none() | st.sampled_from([arch.oci for arch in ARCHITECTURES]),
)
def test_a_name_comes_back_as_it_was_written(
    image: str, distro: str | None, variant: Variant | None, architecture: str | None
) -> None:
    name = ImageName(image, distro, variant, architecture if variant else None)
    assert ImageName.parse(str(name)) == name


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", 'cannot read "" as the name of an image', "such as python3 or static:nonroot"),
        (":debug", 'cannot read ":debug" as the name of an image', "such as python3 or static:nonroot"),
        ("static:nonrot", 'unknown variant "nonrot" in "static:nonrot"', 'did you mean "nonroot"?'),
        ("static:", 'unknown variant "" in "static:"', "one of: latest, nonroot, debug, debug-nonroot"),
        ("static:zzz", 'unknown variant "zzz" in "static:zzz"', "one of: latest, nonroot, debug, debug-nonroot"),
        ("pyton3", 'unknown image "pyton3"', 'did you mean "python3"?'),
        ("pyton3-debian13", 'unknown image "pyton3-debian13"', 'did you mean "python3-debian13"?'),
        ("zzz", 'unknown image "zzz"', "`bareboat catalog` lists them all"),
        ("java17", 'there is no "java17" for debian13', "write java17-debian12"),
        ("java17-debian13", 'there is no "java17" for debian13', "write java17-debian12"),
        ("static-debian99", 'there is no "static" for debian99',
            "write static-debian12 or static-debian13 or static-debian14"),
        ("static:latest-loong64", '"static-debian13" is not built for "loong64"',
            "one of: amd64, arm64, s390x, riscv64"),
        ("plain:debug", '"plain" has no variant "debug"', "one of: latest, nonroot"),
    ],
)
def test_an_unknown_name_is_answered_with_a_known_one(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        selected(text, config="images: {plain: {from: scratch}}")
    assert (raised.value.message, raised.value.hint) == (message, hint)


ALL_VARIANTS = ["latest", "nonroot", "debug", "debug-nonroot"]
ALL_ARCHITECTURES = ["amd64", "arm64", "s390x", "riscv64"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["static"], [("static-debian13", ALL_VARIANTS, ALL_ARCHITECTURES)]),
        (["static:nonroot"], [("static-debian13", ["nonroot"], ALL_ARCHITECTURES)]),
        (["static:nonroot-arm64"], [("static-debian13", ["nonroot"], ["arm64"])]),
        (["python3.13:latest"], [("python3-debian13", ["latest"], ALL_ARCHITECTURES)]),
        (["python3.11-debian12:debug"], [("python3-debian12", ["debug"], ["amd64", "arm64", "s390x"])]),
        (
            ["static:debug", "base:latest", "static-debian13:latest"],
            [
                ("static-debian13", ["latest", "debug"], ALL_ARCHITECTURES),
                ("base-debian13", ["latest"], ALL_ARCHITECTURES),
            ],
        ),
        (["app:debug"], [("app", ["debug"], ["amd64"])]),
        (["app", "app-debian12"], [("app", ["latest", "debug"], ["amd64"])]),
    ],
)
def test_names_select_variants_and_architectures(names: list[str], expected: object) -> None:
    config = (
        "images: {app: {from: java17-debian12, variants: [debug, latest], architectures: [amd64], aliases: [web]}}"
    )
    assert selected(*names, config=config) == expected


def test_no_names_mean_everything() -> None:
    assert [name for name, _, _ in selected()] == [
        "base-debian12", "base-debian13", "java17-debian12", "python3-debian12", "python3-debian13", "static-debian12",
        "static-debian13", "static-debian14",
    ]


def test_an_alias_of_an_own_image_means_it() -> None:
    assert selected("web", config="images: {app: {from: base, aliases: [web]}}") == [
        ("app", ALL_VARIANTS, ALL_ARCHITECTURES)
    ]
