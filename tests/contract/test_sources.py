"""A further apt archive beside Debian's, as the vendors of runtimes offer them: signed with a key of its own."""

import json
from pathlib import Path

import pytest

from tests.makers.archive import make_archive, signing_key
from tests.makers.deb import make_deb
from tests.makers.project import Project, empty_project

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("catalogue")]

CONFIGURATION = """\
distro: debian13
sources:
  - name: vendor
    url: {url}
    suite: trixie
    components: [main]
    keys: [vendor.asc]
    pins: [vendor-21-jre]
images:
  runtime:
    from: static
    packages: [vendor-21-jre]
    architectures: [amd64]
    variants: [latest]
    files: [{{path: /usr/bin/java, link: "/usr/lib/jvm/vendor-21-jre-${{arch}}/bin/java"}}]
    env: {{JAVA_VERSION: "${{upstream:vendor-21-jre}}"}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    runtime = make_deb(
        "vendor-21-jre", "21.0.5+11-1", files={"/usr/lib/jvm/vendor-21-jre-amd64/bin/java": b"java"}, depends="tzdata"
    )
    impostor = make_deb("tzdata", "9999", "all", files={"/usr/share/zoneinfo/Etc/UTC": b"not ours"})
    make_archive([runtime, impostor]).write(tmp_path / "mirror")
    project = empty_project(tmp_path)
    project.write("bareboat.yaml", CONFIGURATION.format(url=f"file://{tmp_path}/mirror"))
    project.write("vendor.asc", signing_key().certificate.decode())
    return project


def test_a_further_archive_gives_what_it_is_pinned_to_and_nothing_else(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("build", "--quiet") == 0, capsys.readouterr().err

    packages = json.loads((project.folder / "bareboat.lock").read_text())["packages"]
    origins = {name.partition("=")[0]: fields["archive"] for name, fields in packages.items()}
    assert origins["vendor-21-jre"] == "debian13/vendor/trixie"
    assert origins["tzdata"].startswith("debian13/debian")
    assert project.run("show", "out", "runtime", "--json", "--platform", "amd64") == 0
    assert "JAVA_VERSION=21.0.5" in json.loads(capsys.readouterr().out)["config"]["Env"]


def test_a_further_archive_with_another_key_is_not_believed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("vendor.asc", signing_key("stranger").certificate.decode())

    assert project.run("build", "--quiet") == 6

    assert "cannot trust the signature" in capsys.readouterr().err
