"""`from:` an image of a registry or a layout: pinned in the lock, kept byte for byte, and inherited from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import (
    BareboatError,
    ConfigurationError,
    DigestMismatchError,
    FetchError,
    FormatError,
    NotFoundError,
    ResolutionError,
    UnsafePathError,
    UsageError,
)
from bareboat.base.path import ImagePath
from bareboat.oci.annotations import BASE_DIGEST, BASE_NAME, FOREIGN_BASE, FORMAT
from bareboat.oci.config import Execution, ImageConfig
from bareboat.oci.descriptor import Platform
from bareboat.oci.manifest import Manifest
from bareboat.plan.desk import Desk
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.layout import Layout
from bareboat.store.rootfs import RootFilesystem
from tests.makers.base_image import make_base
from tests.makers.deb import make_deb
from tests.makers.image import Made, make_layout
from tests.makers.layers import file, symlink
from tests.makers.project import Project, decided, empty_project, make_project
from tests.makers.registry import Registry

AMD64 = Platform(architecture="amd64")
APP = """\
distro: debian13
images:
  app:
    from: {base}
    architectures: [amd64]
    variants: [latest, nonroot]
{more}"""
HELLO = make_deb("hello", files={"/usr/bin/hello": b"hello"}, depends="libbase1 (>= 1.2)")
BUILD = ("build", "--frozen", "--offline", "--no-check")


def project_on(
    folder: Path, base: Made | Sequence[Made], *more: str, packages: Sequence[bytes] = (HELLO,),
    reference: str = "oci:./base",
) -> Project:  # fmt: skip
    """A project with one image `app` on `base`, which lies in a layout beside the configuration."""
    lines = "".join(f"    {line}\n" for line in more)
    return make_project(
        folder, APP.format(base=reference, more=lines), packages,
        prepare=lambda project: make_layout(project.folder / "base", {"base:latest": base}),
    )  # fmt: skip


def built(project: Project, name: str = "app:latest") -> tuple[Layout, Manifest, ImageConfig]:
    layout = Layout(project.folder / "out")
    manifest = layout.read_manifest(layout.find(name, AMD64))
    return layout, manifest, layout.read_config(manifest.config)


def test_the_layers_of_the_base_stay_byte_for_byte_below_ours(tmp_path: Path) -> None:
    base = make_base(packages={"libbase1": "1.2-1"}, above=[file("etc/motd", b"second\n")])
    project = project_on(tmp_path, base, "packages: [hello]")

    assert project.run(*BUILD) == 0

    layout, manifest, config = built(project)
    assert manifest.layers[:2] == base.manifest.layers
    assert [read(layout, layer.digest) for layer in manifest.layers[:2]] == [
        read(base.blobs, layer.digest) for layer in base.manifest.layers
    ]
    assert (config.diff_ids[:2], len(config.diff_ids)) == (base.config.diff_ids, 3)
    assert [entry.created_by for entry in config.history][-1] == "bareboat: app"
    assert manifest.annotations[BASE_NAME] == "oci:./base"
    assert manifest.annotations[BASE_DIGEST] == str(base.descriptor.digest)
    assert manifest.annotations[FOREIGN_BASE] == "true"
    with RootFilesystem.of(layout, manifest) as rootfs:
        assert {"etc/motd", "usr/bin/base", "usr/bin/hello", "var/lib/dpkg/status.d/hello"} <= set(rootfs.entries)


def test_every_variant_has_the_user_of_a_base_that_is_not_root(tmp_path: Path) -> None:
    project = project_on(tmp_path, make_base())

    assert project.run(*BUILD) == 0

    users = [built(project, f"app:{variant}")[2].config.user for variant in ("latest", "nonroot")]
    assert users == ["1000", "1000"]  # that is app


def test_the_same_bytes_come_of_the_same_lock(tmp_path: Path) -> None:
    """Also when nothing of the first build is there any more."""
    project = project_on(tmp_path, make_base(packages={"libbase1": "1.2-1"}), "packages: [hello]")

    assert project.run(*BUILD) == 0
    assert project.run("reproduce", "out", "--offline") == 0


def test_what_the_base_has_is_not_brought_again(tmp_path: Path) -> None:
    library = make_deb("libbase1", version="2.0", files={"/usr/lib/libbase.so.1": b"newer"})
    project = project_on(
        tmp_path, make_base(packages={"libbase1": "1.2-1"}), "packages: [hello]", packages=[HELLO, library]
    )

    lock = json.loads((project.folder / "bareboat.lock").read_text())

    assert list(lock["packages"]) == ["hello=1.0:amd64"]
    assert lock["images"]["app"]["base"] == "oci:./base"


def test_a_container_gets_what_the_base_says_and_ours_over_it(tmp_path: Path) -> None:
    project = project_on(
        tmp_path, make_base(), "env: {SHARED: ours, PATH: '/app:${PATH}'}", "labels: {org.example.shared: ours}",
        "ports: [8080/tcp]", "cmd: [--ours]",
    )  # fmt: skip
    assert project.run(*BUILD) == 0

    _, _, config = built(project)

    assert config.config == Execution(
        user="1000",
        env=("PATH=/app:/opt/bin:/usr/bin", "BASE=1", "SHARED=ours"),
        entrypoint=("/usr/bin/base",),
        cmd=("--ours",),
        working_dir="/srv/app",
        labels={
            "org.example.base": "yes",
            "org.example.shared": "ours",
            "org.opencontainers.image.created": config.created or "",
            "org.opencontainers.image.title": "app",
        },
        exposed_ports=("80/tcp", "8080/tcp"),
        volumes=("/data",),
        stop_signal="SIGQUIT",
    )


def test_accounts_are_added_to_those_of_the_base(tmp_path: Path) -> None:
    project = project_on(
        tmp_path, make_base(),
        "accounts: {users: [{name: extra, uid: 2000, gid: 1001, home: /srv/extra}]}",
        "user: extra",
        "files: [{path: /srv/app/x, text: x, owner: 'app:app'}]",
    )  # fmt: skip
    assert project.run(*BUILD) == 0

    layout, manifest, config = built(project)

    assert config.config.user == "2000"
    with RootFilesystem.of(layout, manifest) as rootfs:
        assert rootfs.read(ImagePath("etc/passwd")).decode() == (
            "root:x:0:0:root:/root:/bin/sh\n"
            "app:x:1000:1001:the app,,,:/srv/app:/usr/sbin/nologin\n"
            "extra:x:2000:1001::/srv/extra:/sbin/nologin\n"
        )
        entry = rootfs.entries[ImagePath("srv/app/x")]
        assert (entry.uid, entry.gid) == (1000, 1001)


def test_a_base_of_ours_keeps_the_contract_and_one_of_others_need_not(tmp_path: Path) -> None:
    for name, said in (("ours", {FORMAT: "1"}), ("other", {})):
        (tmp_path / name).mkdir()
        project = project_on(tmp_path / name, make_base(annotations=said))
        assert project.run(*BUILD) == 0
        assert (FOREIGN_BASE in built(project)[1].annotations) == (not said)


def test_an_image_on_a_base_is_proved_like_any_other(tmp_path: Path) -> None:
    project = project_on(tmp_path, make_base(packages={"libbase1": "1.2-1"}), "packages: [hello]")

    assert project.run("build", "--frozen", "--offline") == 0


def test_what_the_base_provides_meets_a_dependency(tmp_path: Path) -> None:
    wanting = make_deb("hello", files={"/usr/bin/hello": b"hello"}, depends="mail-agent, libbase1 (>= 1)")
    base = make_base(packages={"libbase1": "1.2-1"}, fields="Provides: mail-agent\n")

    project = project_on(tmp_path, base, "packages: [hello]", packages=[wanting])

    assert list(json.loads((project.folder / "bareboat.lock").read_text())["packages"]) == ["hello=1.0:amd64"]


def test_what_the_base_does_not_go_with_is_refused(tmp_path: Path) -> None:
    base = make_base(packages={"libbase1": "1.2-1"}, fields="Breaks: hello (<< 2)\n")

    with pytest.raises(ResolutionError, match=r"libbase1 1.2-1 breaks hello \(<< 2\)"):
        project_on(tmp_path, base, "packages: [hello]")


def test_a_sweep_leaves_what_the_lock_stands_on(tmp_path: Path) -> None:
    project = project_on(tmp_path, make_base(), "files: [{path: /etc/x, text: x}]")
    shutil.rmtree(project.folder / "base")

    assert project.run("store", "sweep", "--all") == 0
    assert project.run(*BUILD) == 0


def test_a_layout_that_was_changed_needs_a_new_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = make_base()
    project = project_on(tmp_path, base)
    make_layout(project.folder / "base", {"base:latest": make_base(file("etc/motd"))})
    DiskStore(project.cache).discard(base.manifest.layers[0].digest)

    assert project.run(*BUILD) == 4
    assert "hint: the layout was changed; run `bareboat lock --upgrade`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("oci:./base", "has 2 images, and which one is meant is not said"),
        ("oci:./base:bsae", 'cannot find the image "bsae:latest"'),
        ("oci:./absent", "there is nothing"),
    ],
)
def test_an_image_of_a_layout_is_named_where_there_are_several(tmp_path: Path, reference: str, message: str) -> None:
    images = {"base:latest": make_base(), "other:1": make_base(file("x"))}

    def prepare(project: Project) -> None:
        make_layout(project.folder / "base", images)

    make_project(tmp_path, APP.format(base="oci:./base:other:1", more=""), [HELLO], prepare=prepare)
    (tmp_path / "again").mkdir()
    with pytest.raises(UsageError, match=message):
        make_project(tmp_path / "again", APP.format(base=reference, more=""), [HELLO], prepare=prepare)


WITHOUT = "distro: debian13\nimages:\n  app: {from: 'oci:./base', variants: [latest]}\n"


def test_without_a_word_an_image_is_for_what_its_base_is_there_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of an index, each architecture that both have."""
    bases = [make_base(), make_base(architecture="s390x")]
    project = make_project(
        tmp_path, WITHOUT, [HELLO], prepare=lambda project: make_layout(project.folder / "base", {"base:latest": bases})
    )
    capsys.readouterr()

    assert project.run(*BUILD) == 0
    assert capsys.readouterr().out.startswith("app:latest  amd64  ")
    lock = json.loads((project.folder / "bareboat.lock").read_text())
    assert lock["bases"]["oci:./base"]["architectures"] == ["amd64", "s390x"]

    assert project.run(*BUILD, "--arch", "arm64") == 2
    assert capsys.readouterr().err == (
        "bareboat: app: the base image is not for the chosen architectures\nhint: oci:./base is for amd64, s390x\n"
    )


def test_an_image_is_built_for_every_architecture_of_its_base(tmp_path: Path) -> None:
    bases = [make_base(), make_base(architecture="arm64")]
    project = make_project(
        tmp_path, WITHOUT, [HELLO],
        prepare=lambda project: make_layout(project.folder / "base", {"base:latest": bases}),
        architectures=("amd64", "arm64"),
    )  # fmt: skip

    assert project.run(*BUILD) == 0

    for base in bases:
        manifest = Layout(project.folder / "out").find("app:latest", base.config.platform)
        layout = Layout(project.folder / "out")
        assert layout.read_manifest(manifest).layers[:1] == base.manifest.layers


# From a registry


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


def project_from(folder: Path, registry: Registry, base: Made | Sequence[Made], *more: str) -> Project:
    """A project with an image on `base`, which the registry has as `team/base:1.2`."""
    registry.put("team/base", "1.2", base)
    return project_on(folder, base, *more, reference=f"{registry.host}/team/base:1.2")


def test_a_tag_is_pinned_to_its_digest_until_an_upgrade_moves_it(tmp_path: Path, registry: Registry) -> None:
    first, second = make_base(), make_base(file("etc/motd", b"newer\n"))
    project = project_from(tmp_path, registry, first)
    registry.put("team/base", "1.2", second)
    desk, store = Desk.at(project.folder / "bareboat.yaml"), DiskStore(project.cache)
    lock = desk.read_lock()
    assert lock is not None
    reference = f"{registry.host}/team/base:1.2"

    def manifest_after(upgrade: Sequence[str] | None) -> Digest:
        found = decided(desk, store, [HELLO], old=lock, upgrade=upgrade)
        return found.bases[reference].images["amd64"].manifest.digest

    assert manifest_after(()) == first.descriptor.digest
    assert manifest_after(["hello"]) == first.descriptor.digest
    assert manifest_after([reference]) == second.descriptor.digest
    assert manifest_after(None) == second.descriptor.digest


def test_a_base_that_the_lock_does_not_have_cannot_be_upgraded(
    tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_from(tmp_path, registry, make_base())
    reference = f"{registry.host}/team/base:1.2"

    assert project.run("lock", "--offline", "--upgrade", f"{registry.host}/team/base:1.3") == 2
    assert capsys.readouterr().err == (
        f'bareboat: cannot upgrade "{registry.host}/team/base:1.3": the lock has no such base image\n'
        f'hint: did you mean "{reference}"?\n'
    )


def test_show_says_which_packages_came_with_the_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = project_on(tmp_path, make_base(packages={"libbase1": "1.2-1"}), "packages: [hello]")
    assert project.run(*BUILD) == 0
    capsys.readouterr()

    assert project.run("show", "out", "app", "--json", "--arch", "amd64") == 0

    origins = {one["name"]: one["origin"] for one in json.loads(capsys.readouterr().out)["packages"]}
    assert origins["libbase1"] == {"unknown": "from the base image"}
    assert "path" in origins["hello"]


def test_a_build_by_the_lock_fetches_by_digest_what_is_not_here(tmp_path: Path, registry: Registry) -> None:
    """The tag is not asked for any more: it may be gone."""
    base = make_base()
    project = project_from(tmp_path, registry, base)
    store = DiskStore(project.cache)
    for blob in (base.descriptor, base.manifest.config, *base.manifest.layers):
        store.discard(blob.digest)
    registry.repository("team/base").tags.clear()
    registry.requests.clear()

    assert project.run("build", "--frozen", "--no-check") == 0

    assert built(project)[1].layers[0].digest == base.manifest.layers[0].digest
    assert [asked.path for asked in registry.asked("", ":1.2")] == []


def test_offline_says_what_is_not_here(
    tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    base = make_base()
    project = project_from(tmp_path, registry, base)
    DiskStore(project.cache).discard(base.manifest.layers[0].digest)

    assert project.run(*BUILD) == 7
    assert capsys.readouterr().err == (
        f"bareboat: cannot ask for {registry.host}/team/base:1.2: --offline, and the store does not have it\n"
        "hint: run once without --offline\n"
    )


# What goes wrong


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("team/base:1", "it names no registry (write docker.io/team/base:1)"),
        ("registry.example/Team/base", "(repositories are lower case: \"team/base\")"),
        ("oci:", 'images.app.from: cannot build on "oci:": it names no folder (such as oci:./base)'),
        ("base:1.2", 'images.app.from: cannot build on "base:1.2"'),
    ],
)
def test_a_reference_that_is_none_is_a_fault_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reference: str, message: str
) -> None:
    project = empty_project(tmp_path)
    project.write("bareboat.yaml", APP.format(base=f"'{reference}'", more=""))

    assert project.run("build") == 3
    error = capsys.readouterr().err
    assert "bareboat.yaml:4:11: images.app.from: " in error
    assert message in error


def test_a_password_in_a_reference_is_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = empty_project(tmp_path)
    project.write("bareboat.yaml", APP.format(base="https://me:hunter2@registry.example/base", more=""))

    assert project.run("build") == 3
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("base", "more", "error", "message", "hint"),
    [
        (make_base(architecture="arm64"), [], ConfigurationError, '"oci:./base" is not for linux/amd64',
         "it is for: linux/arm64; write architectures: [arm64]"),
        (make_base(release=b"ID=alpine\n"), ["packages: [hello]"], ConfigurationError,
         '"oci:./base" is alpine, and packages of debian13 cannot be put on it', "build on an image of Debian"),
        (make_base(release=b"ID=debian\nVERSION_CODENAME=bookworm\n"), ["packages: [hello]"], ConfigurationError,
         '"oci:./base" is Debian bookworm, and the image is for debian13 (trixie)', "write the distro of the base"),
        (make_base(file("../etc/passwd")), [], UnsafePathError, '"../etc/passwd" would leave', None),
        (make_base(symlink("lib", "/tmp"), file("lib/x")), [], UnsafePathError, '"lib/x" stands in "lib"', None),
        (make_base(packages={"libbase1": "1.1"}), ["packages: [hello]"], ResolutionError,
         "libbase1 1.1 from the base image is not >= 1.2", None),
        (make_base(packages={"hello": "0.9"}), ["packages: ['hello (>= 1)']"], ResolutionError,
         "hello 0.9 from the base image is not >= 1", None),
        (make_base(packages={"bad": "(("}), [], FormatError, 'cannot read "((" as a version', None),
    ],
)  # fmt: skip
def test_a_base_that_cannot_be_built_on_is_refused_with_the_reason(
    tmp_path: Path, base: Made, more: list[str], error: type[BareboatError], message: str, hint: str | None
) -> None:
    with pytest.raises(error) as caught:
        project_on(tmp_path, base, *more)

    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")
    if error is not ResolutionError:
        assert caught.value.message.startswith(f"{tmp_path}/project/bareboat.yaml:4:11: from: ")


def test_a_layer_that_is_damaged_is_refused(tmp_path: Path, registry: Registry) -> None:
    registry.faults.wrong_blob = True

    with pytest.raises(DigestMismatchError):
        project_from(tmp_path, registry, make_base())


def test_a_tag_that_there_is_not_is_refused(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"bareboat.yaml:4:11: from: .*team/base:1.3"):
        project_on(tmp_path, make_base(), reference=f"{registry.host}/team/base:1.3")


def test_a_registry_that_nobody_answers_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry() as gone:
        host = gone.host

    with pytest.raises(FetchError, match=r"bareboat.yaml:4:11: from: "):
        project_on(tmp_path, make_base(), reference=f"{host}/team/base:1.2")
