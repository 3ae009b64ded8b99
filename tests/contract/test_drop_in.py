"""What users of distroless images rely on, asked of our images in a real engine."""

import json
import re
from pathlib import Path

import pytest

from tests.contract.conftest import Catalogue

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.xdist_group("catalogue")]

PASSWD = (
    "root:x:0:0:root:/root:/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
    "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
)
GROUP = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"

LANGUAGE = {"python3": ["LANG=C.UTF-8"], "java-base": ["LANG=C.UTF-8"], "java21": ["LANG=C.UTF-8"]}
ENTRYPOINTS = {
    "static": None, "base-nossl": None, "base": None, "cc": None, "java-base": None,
    "python3": ["/usr/bin/python3.13"], "java21": ["/usr/bin/java", "-jar"], "nodejs24": ["/nodejs/bin/node"],
}  # fmt: skip


@pytest.mark.parametrize("image", sorted(ENTRYPOINTS))
@pytest.mark.parametrize("variant", ["latest", "nonroot", "debug", "debug-nonroot"])
def test_configuration_is_that_of_the_contract(catalogue: Catalogue, image: str, variant: str) -> None:
    config = catalogue.config(f"{image}:{variant}")
    is_debug, is_nonroot = variant.startswith("debug"), variant.endswith("nonroot")
    path = f"{PATH}:/busybox" if is_debug else PATH

    environment = [entry for entry in config["Env"] if not entry.startswith("JAVA_VERSION=")]
    assert {
        "User": "65532" if is_nonroot else "0",
        "WorkingDir": "/home/nonroot" if is_nonroot else "/",
        "Entrypoint": ENTRYPOINTS[image] or (["/busybox/sh"] if is_debug else None),
        "Cmd": None,
        "Env": [path, CERTIFICATES, *LANGUAGE.get(image, [])],
    } == {
        "User": config["User"],
        "WorkingDir": config["WorkingDir"],
        "Entrypoint": config["Entrypoint"],
        "Cmd": config["Cmd"],
        "Env": environment,
    }


@pytest.mark.parametrize("image", ["static", "base", "python3"])
def test_files_of_static_are_in_every_image(catalogue: Catalogue, image: str, tmp_path: Path) -> None:
    root = catalogue.rootfs(image, tmp_path / "root")

    for path in (
        "tmp", "etc/mime.types", "etc/services", "etc/nsswitch.conf", "etc/debian_version", "usr/share/zoneinfo",
        "root", "home/nonroot", "etc/ssl/certs/ca-certificates.crt", "usr/share/doc/ca-certificates/copyright",
        "usr/share/doc/tzdata/copyright", "var/lib/dpkg/status.d/base-files", "var/lib/dpkg/status.d/tzdata.md5sums",
        "usr/share/zoneinfo/Europe/Kiev",
    ):  # fmt: skip
        assert (root / path).exists(), path
    assert (root / "etc/passwd").read_text() == PASSWD
    assert (root / "etc/group").read_text() == GROUP
    release = (root / "etc/os-release").read_text()
    assert 'PRETTY_NAME="Distroless"\n' in release
    assert 'ID="debian"\nVERSION_ID="13"\nVERSION="Debian GNU/Linux 13 (trixie)"\n' in release
    assert (root / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (root / "home/nonroot").stat().st_mode & 0o7777 == 0o755
    assert (root / "etc/localtime").readlink() == Path("/usr/share/zoneinfo/Etc/UTC")
    assert [name for name in ("bin", "sbin", "lib", "lib64") if (root / name).readlink() != Path(f"usr/{name}")] == []


def test_files_have_usual_modes(catalogue: Catalogue, tmp_path: Path) -> None:
    root = catalogue.rootfs("static", tmp_path / "root")

    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {oct(path.stat().st_mode & 0o7777) for path in files} == {"0o644"}


@pytest.mark.parametrize("image", sorted(ENTRYPOINTS))
def test_there_is_no_shell_unless_it_is_a_debug_image(catalogue: Catalogue, image: str) -> None:
    for shell in ("/bin/sh", "/busybox/sh"):
        assert catalogue.attempt(f"{image}:latest", "-c", "true", entrypoint=shell) == 127
    assert catalogue.output(f"{image}:debug", "-c", "echo aboard", entrypoint="/busybox/sh") == "aboard\n"
    assert catalogue.attempt(f"{image}:debug", "-c", "true", entrypoint="/bin/sh") == 127


def test_debug_has_every_applet_of_its_busybox(catalogue: Catalogue) -> None:
    listed = catalogue.output("static:debug", "--list", entrypoint="/busybox/busybox").split()
    linked = catalogue.output("static:debug", "-c", "ls /busybox", entrypoint="/busybox/sh").split()

    assert sorted({*listed, "busybox"}) == sorted(linked)
    assert len(linked) > 250


def test_nonroot_shares_every_layer_with_latest(catalogue: Catalogue) -> None:
    layers = {
        variant: json.loads(catalogue.engine.run("image", "inspect", f"python3:{variant}"))[0]["RootFS"]["Layers"]
        for variant in ("latest", "nonroot", "debug")
    }

    assert layers["nonroot"] == layers["latest"]
    assert layers["debug"][:-1] == layers["latest"]


def test_images_share_the_layers_of_their_parents(catalogue: Catalogue) -> None:
    def layers(image: str) -> list[str]:
        found = json.loads(catalogue.engine.run("image", "inspect", image))[0]["RootFS"]["Layers"]
        assert isinstance(found, list)
        return found

    assert layers("python3")[:-1] == layers("cc") == layers("nodejs24")[:-1]
    assert layers("cc")[:-1] == layers("base")
    assert layers("base")[:-1] == layers("base-nossl") == layers("java21")[: len(layers("base-nossl"))]
    assert layers("base-nossl")[:-1] == layers("static")


def test_an_arbitrary_user_can_enter_the_home_folder(catalogue: Catalogue) -> None:
    assert (
        catalogue.output("python3:nonroot", "-c", "import os; print(os.getcwd())", user="123456") == "/home/nonroot\n"
    )


def test_dynamically_linked_programs_run(catalogue: Catalogue, compiled: Path) -> None:
    mount = ("-v", f"{compiled}:/app:ro")
    run = ("run", "--rm", "--network", "none", *mount)

    assert catalogue.engine.run(*run, "base", "/app/hello") == "Hello from C\n"
    assert catalogue.engine.run(*run, "base-nossl", "/app/hello") == "Hello from C\n"
    assert catalogue.engine.run(*run, "cc", "/app/hello++") == "Hello from C++\n"


def test_node_answers_and_has_no_npm(catalogue: Catalogue, tmp_path: Path) -> None:
    assert re.fullmatch(r"v24\.\d+\.\d+\n", catalogue.output("nodejs24", "--version"))
    root = catalogue.rootfs("nodejs24", tmp_path / "root")
    assert sorted(path.name for path in (root / "nodejs").rglob("*")) == ["LICENSE", "bin", "node"]


def test_java_answers_with_its_version_and_trusts_what_the_bundle_trusts(catalogue: Catalogue, tmp_path: Path) -> None:
    environment = dict(entry.partition("=")[::2] for entry in catalogue.config("java21")["Env"])
    version = environment["JAVA_VERSION"]
    assert f'openjdk version "{version}"' in catalogue.output("java21", "-version", entrypoint="/usr/bin/java")
    assert f"javac {version}\n" in catalogue.output("java21:debug", "-version", entrypoint="/usr/bin/javac")
    (tmp_path / "Trust.java").write_text(
        "import java.security.KeyStore;\nimport javax.net.ssl.*;\nclass Trust { public static void main(String[] a) "
        'throws Exception { TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX"); f.init((KeyStore) null); '
        "System.out.println(((X509TrustManager) f.getTrustManagers()[0]).getAcceptedIssuers().length"
        ' + " " + java.nio.charset.Charset.defaultCharset() + " " + System.getProperty("sun.jnu.encoding")); } }\n'
    )
    mount = ("-v", f"{tmp_path}:/app:ro")
    said = catalogue.engine.run(
        "run", "--rm", "--network", "none", *mount, "--entrypoint", "/usr/bin/java", "java21:debug", "/app/Trust.java"
    )
    bundle = catalogue.rootfs("java21", tmp_path / "root") / "etc/ssl/certs/ca-certificates.crt"
    assert said == f"{bundle.read_text().count('BEGIN CERTIFICATE')} UTF-8 UTF-8\n"
