"""Images: what a container gets, and what an image says of itself."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.inspect.accepted import acceptances_in
from bareboat.make.image import Image, check_size, image_of, index_annotations
from bareboat.make.order import Order
from bareboat.oci.config import Execution, Healthcheck
from bareboat.plan.config.config import Acceptance, Variant
from bareboat.plan.config.config import Healthcheck as HealthWish
from bareboat.plan.lock import BYTE_FORMAT
from bareboat.plan.recipe import RunConfig
from tests.makers.bench import DISTRO, PLACE, Bench, assemble, make_archive, make_file, make_stage
from tests.makers.deb import MTIME

MOMENT = "2023-11-14T22:13:20Z"  # MTIME
OCI = "org.opencontainers.image"
RUN = RunConfig(
    env=MappingProxyType({"PATH": "/usr/bin", "LIBRARIES": "/usr/lib/${gnu}"}),
    entrypoint=("/usr/bin/app",), cmd=("serve",), user="65532", workdir="/app", ports=("80/tcp",), volumes=("/data",),
    labels=MappingProxyType({"app": "${version:app}"}), stop_signal="SIGINT",
    healthcheck=HealthWish(test=("CMD", "/usr/bin/app", "check"), interval_ns=5, retries=3),
)  # fmt: skip
COPYRIGHT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: "


def made(bench: Bench, order: Order, variant: Variant = Variant.latest) -> Image:
    return image_of(order, variant, assemble(order, bench.workshop), None)


def small(bench: Bench, **fields: Any) -> Order:
    copyright_file = {"/usr/share/doc/app/copyright": f"{COPYRIGHT}Expat\n"}
    app = bench.package("app", "2.0-1", files={"/usr/bin/app": b"app", **copyright_file})
    return bench.order(
        make_stage("static", bench.base_files(), wishes=["base-files", "gone [arm64]"]),
        make_stage("app", app, wishes=["app (>= 1) [amd64]"]),
        debug=[make_stage("static:debug", bench.package("busybox-static", files={"/bin/busybox": b"b"}))],
        **{"run": RUN, **fields},
    )


def test_a_container_gets_what_the_recipe_says() -> None:
    bench = Bench()

    config = made(bench, small(bench)).config

    assert config.config == Execution(
        user="65532", exposed_ports=("80/tcp",), env=("PATH=/usr/bin", "LIBRARIES=/usr/lib/x86_64-linux-gnu"),
        entrypoint=("/usr/bin/app",), cmd=("serve",), volumes=("/data",), working_dir="/app", stop_signal="SIGINT",
        labels={
            "app": "2.0-1", f"{OCI}.title": "image", f"{OCI}.created": MOMENT,
        },
        healthcheck=Healthcheck(
            test=("CMD", "/usr/bin/app", "check"), interval_ns=5, timeout_ns=0, start_period_ns=0, retries=3
        ),
    )  # fmt: skip


def test_a_configuration_names_its_platform_and_every_layer() -> None:
    bench = Bench()
    order = small(bench)
    static, app = bench.layers(order)

    config = made(bench, order).config

    assert (config.os, config.architecture, config.variant, config.created) == ("linux", "amd64", None, MOMENT)
    assert config.diff_ids == (static.diff_id, app.diff_id)
    assert [(one.created, one.created_by, one.comment) for one in config.history] == [
        (MOMENT, "bareboat: static", "base-files 1.0"), (MOMENT, "bareboat: app", "app 2.0-1"),
    ]  # fmt: skip


def test_a_long_list_of_packages_is_cut_in_the_history() -> None:
    bench = Bench()
    packages = [bench.package(f"p{number:02}") for number in range(14)]

    (history,) = made(bench, bench.order(make_stage("static", *packages))).config.history

    assert history.comment == ", ".join(f"p{number:02} 1.0" for number in range(12)) + " and 2 more"


def test_an_image_says_what_it_is() -> None:
    bench = Bench()
    archives = [
        make_archive("debian13/debian/trixie"),
        make_archive("debian13/debian-security/trixie-security", missing=["amd64"]),
        make_archive("debian12/debian-security/bookworm-security", missing=["amd64"]),
        make_archive("debian13/debian/trixie-updates", missing=["s390x"]),
    ]  # fmt: skip
    order = small(bench, archives=archives, title="an app", annotations={"who": "us ${arch}", f"{OCI}.title": "own"})

    image = made(bench, order, Variant.debug)

    assert dict(image.manifest.annotations) == {
        "dev.bareboat.distro": "debian13",
        "dev.bareboat.end-of-life": "2030-06-30",
        "dev.bareboat.format": str(BYTE_FORMAT),
        "dev.bareboat.missing": "debian-security/trixie-security",
        "dev.bareboat.variant": "debug",
        "dev.bareboat.wishes": "static: base-files; app: app; static:debug: busybox-static",
        f"{OCI}.created": MOMENT,
        f"{OCI}.description": "an app",
        f"{OCI}.documentation": "https://www.debian.org/releases/trixie/",
        f"{OCI}.licenses": "MIT",
        f"{OCI}.revision": image.manifest.annotations[f"{OCI}.revision"],
        f"{OCI}.title": "own",
        "who": "us amd64",
    }


def test_what_is_accepted_of_a_check_travels_in_the_manifest_alone() -> None:
    bench = Bench()
    accepted = (
        Acceptance(path="/usr/lib/b", reason="nobody uses it", place=PLACE),
        Acceptance(path="/usr/lib/a", needs="libx.so.1", rule="needed-library", reason='it says "no"'),
        Acceptance(path="/usr/lib/a", reason="ä"),
    )

    plain, image = made(bench, small(bench)), made(bench, small(bench, accept=accepted))

    assert image.manifest.annotations["dev.bareboat.accepted"] == (
        '[{"path":"/usr/lib/a","reason":"ä"},'
        '{"needs":"libx.so.1","path":"/usr/lib/a","reason":"it says \\"no\\"","rule":"needed-library"},'
        '{"path":"/usr/lib/b","reason":"nobody uses it"}]'
    )
    assert "dev.bareboat.accepted" not in plain.manifest.annotations
    assert (image.manifest.layers, image.config) == (plain.manifest.layers, plain.config)
    assert acceptances_in(image.manifest.annotations)[1].needs == "libx.so.1"


def test_variants_without_a_shell_do_not_say_its_wishes() -> None:
    bench = Bench()

    assert made(bench, small(bench)).manifest.annotations["dev.bareboat.wishes"] == "static: base-files; app: app"


def test_programs_are_wishes_too() -> None:
    bench = Bench()
    node = bench.program("nodejs", {"n": b""})

    image = made(bench, bench.order(make_stage("nodejs22", bench.package("libatomic1"), upstream=[node])))

    assert image.manifest.annotations["dev.bareboat.wishes"] == "nodejs22: libatomic1 nodejs"


def test_a_preview_is_named_so() -> None:
    bench = Bench()
    order = bench.order(make_stage("static"), distro=replace(DISTRO, preview=True, end_of_life=""))

    texts = made(bench, order).manifest.annotations

    assert (texts["dev.bareboat.preview"], "dev.bareboat.end-of-life" in texts) == ("true", False)


def test_created_is_that_of_the_newest_input_or_what_the_configuration_says() -> None:
    bench = Bench()

    assert made(bench, small(bench)).moment == MTIME
    fixed = made(bench, small(bench, created=Epoch(0)))
    assert (fixed.config.created, fixed.manifest.annotations[f"{OCI}.created"]) == ("1970-01-01T00:00:00Z",) * 2


def test_nonroot_shares_every_layer_with_latest() -> None:
    bench = Bench()
    order = small(bench)

    latest, nonroot = (made(bench, order, variant) for variant in (Variant.latest, Variant.nonroot))

    assert nonroot.manifest.layers == latest.manifest.layers
    assert nonroot.config.diff_ids == latest.config.diff_ids
    assert nonroot.descriptor != latest.descriptor


def test_debug_is_latest_with_one_layer_more() -> None:
    bench = Bench()
    order = small(bench)

    latest, debug = (made(bench, order, variant) for variant in (Variant.latest, Variant.debug))

    assert debug.manifest.layers[:2] == latest.manifest.layers
    assert len(debug.manifest.layers) == 3


@pytest.mark.parametrize(("compressed", "suffix"), [("gzip", "+gzip"), ("zstd", "+zstd")])
def test_layers_have_the_media_type_of_their_compression(compressed: str, suffix: str) -> None:
    bench = Bench(compressed)

    types = {layer.media_type for layer in made(bench, small(bench)).manifest.layers}

    assert types == {f"application/vnd.oci.image.layer.v1.tar{suffix}"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"annotations": {"v": "${version:x}"}}, 'image: annotations.v: "${version:x}": the image has no package "x"'),
        ({"run": RunConfig(env=MappingProxyType({"A": "${x}"}))}, 'image: env.A: "${x}" has no meaning'),
        ({"run": RunConfig(labels=MappingProxyType({"l": "${x}"}))}, 'image: labels.l: "${x}" has no meaning'),
    ],
)
def test_words_without_a_meaning_say_where_they_stand(fields: dict[str, Any], message: str) -> None:
    bench = Bench()

    with pytest.raises(BuildError) as refused:
        made(bench, small(bench, **fields))

    assert refused.value.message == message


def test_an_image_that_outgrows_its_limit_names_its_heaviest_packages() -> None:
    bench = Bench()
    order = small(bench, max_size=100)
    image = made(bench, order)
    app, base = sorted(order.packages(debug=False), key=lambda package: package.name)

    with pytest.raises(BuildError) as refused:
        check_size(order, Variant.latest, image)

    heaviest = sorted([app, base], key=lambda package: -package.size)
    assert refused.value.message == (
        f"image:latest for amd64 has {image.size:,} compressed bytes, more than max-size 100"
    )
    assert refused.value.hint == "the heaviest packages: " + ", ".join(
        f"{package.name} ({package.size:,} bytes as a .deb)" for package in heaviest
    )


def test_an_image_of_just_its_limit_is_let_through() -> None:
    bench = Bench()
    image = made(bench, small(bench))

    check_size(small(bench, max_size=image.size), Variant.latest, image)


def test_an_image_without_layers_is_of_no_time() -> None:
    bench = Bench()

    image = made(bench, bench.order(created=Epoch(9)))

    assert (image.manifest.layers, image.config.created, image.moment, image.size) == ((), "1970-01-01T00:00:09Z", 9, 0)


def test_an_index_says_what_its_images_agree_on_and_where_they_differ() -> None:
    bench = Bench()
    missing = make_archive("debian13/debian-security/trixie-security", missing=["armhf", "s390x"])
    orders = {
        arch: bench.order(
            make_stage("static", bench.base_files(), files=[make_file("/a", text=arch)]), arch=arch, archives=[missing],
            annotations={"arch": "${arch}", "same": "yes"},
        )
        for arch in ("amd64", "arm", "s390x")
    }  # fmt: skip
    images = {arch: made(bench, order) for arch, order in orders.items()}

    texts = index_annotations(orders, images, ("libc6: 1 on amd64, 2 on arm",))

    assert texts == {
        "dev.bareboat.distro": "debian13",
        "dev.bareboat.drift": "libc6: 1 on amd64, 2 on arm",
        "dev.bareboat.end-of-life": "2030-06-30",
        "dev.bareboat.format": str(BYTE_FORMAT),
        "dev.bareboat.missing": "debian-security/trixie-security (arm), debian-security/trixie-security (s390x)",
        "dev.bareboat.variant": "latest",
        "dev.bareboat.wishes": "static: base-files",
        f"{OCI}.created": MOMENT,
        f"{OCI}.documentation": "https://www.debian.org/releases/trixie/",
        f"{OCI}.title": "image",
        "same": "yes",
    }
