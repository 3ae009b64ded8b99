"""What images trust, judged by those who read it: keytool, Java at the other end of a connection, openssl rehash."""

from __future__ import annotations

import re
import ssl
import subprocess
from pathlib import Path

import pytest

from bareboat.base.platform import Architecture
from bareboat.plan.recipe import Recipe
from tests.makers.chain import make_chain
from tests.makers.server import Server
from tests.scale.catalogue import UNSAFE, Catalogue, Root, bareboat, chosen_platforms, variants_of
from tests.scale.conftest import Say
from tests.scale.machine import HERE, run, said

pytestmark = [pytest.mark.scale, pytest.mark.network]

CERTIFICATES = "etc/ssl/certs"
BUNDLE = f"{CERTIFICATES}/ca-certificates.crt"
STORE = f"{CERTIFICATES}/java/cacerts"
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)

CONNECT = """
import java.net.URI;
import java.net.http.*;
public class Connect {
    public static void main(String[] words) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(words[0])).build();
        System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
"""


def _params(*images: str) -> list[object]:
    return [pytest.param(recipe, arch, id=f"{recipe.name}-{arch}") for recipe, arch in chosen_platforms(*images)]


@pytest.mark.parametrize(("recipe", "arch"), _params("java-base"))
def test_keytool_reads_the_certificates_of_the_bundle(
    recipe: Recipe, arch: Architecture, images: Catalogue, tmp_path: Path, say: Say
) -> None:
    with images.root(f"{recipe.name}:nonroot", arch, tmp_path) as root:
        command = ["keytool", "-J-Duser.language=en", "-list", "-rfc", "-storepass", "changeit"]
        listed = subprocess.run([*command, "-keystore", root.folder / STORE], check=True, capture_output=True).stdout
        theirs, ours = _ders(listed), _ders((root.folder / BUNDLE).read_bytes())
    assert len(theirs) > 100
    assert theirs == ours
    say("truststores are read by keytool", [f"{recipe.name} {arch}: {len(theirs)} certificates"])


@pytest.mark.parametrize(("recipe", "arch"), _params("static"))
def test_openssl_rehash_makes_the_links_that_are_there(
    recipe: Recipe, arch: Architecture, images: Catalogue, tmp_path: Path, say: Say
) -> None:
    (variant,) = variants_of(recipe)
    with images.root(f"{recipe.name}:{variant}", arch, tmp_path) as root:
        links = _rehashed(root.folder, tmp_path / "rehashed")
    say("hash links are openssl's", [f"{recipe.name} {arch}: {links} links"])


@pytest.mark.parametrize(
    "name", [f"{recipe.name}" for recipe, arch in chosen_platforms("java1", "java2") if arch == HERE]
)
def test_java_reaches_a_server_whose_authority_the_image_was_told_of(
    name: str, images: Catalogue, tmp_path: Path, say: Say
) -> None:
    """And refuses it in the image that was not."""
    chain = make_chain(tmp_path)
    (tmp_path / "bareboat.yaml").write_text(
        f"images:\n  trusting: {{from: {name}, trust: [root.pem], variants: [nonroot], architectures: [{HERE}]}}\n"
    )
    bareboat(tmp_path, "build", "--out", "out", "--quiet", *UNSAFE)
    with Server({"/": b"welcome aboard"}, certificate=chain.server) as server:
        with Catalogue(tmp_path / "out").root("trusting:nonroot", HERE, tmp_path) as root:
            assert said(root, None, *_connecting(root), server.url("/")) == "welcome aboard\n"
            links = _rehashed(root.folder, tmp_path / "rehashed")
            assert f"{_hash_of(chain.authority)}.0" in _links(root.folder)
        with images.root(f"{name}:nonroot", HERE, tmp_path) as root:
            refused = run(root, None, *_connecting(root), server.url("/"))
    assert refused.returncode != 0
    assert "unable to find valid certification path" in refused.stderr
    say("Java reaches a server that the image trusts", [f"{name} {HERE}: and refuses it without; {links} hash links"])


def _connecting(root: Root) -> list[str]:
    """The command that connects, put into an image."""
    folder = root.folder / "app"
    folder.mkdir()
    (folder / "Connect.java").write_text(CONNECT)
    subprocess.run(["javac", "--release", "17", "Connect.java"], cwd=folder, check=True, capture_output=True)
    return ["/usr/bin/java", "-cp", "/app", "Connect"]


def _ders(text: bytes) -> list[bytes]:
    """Every certificate in a text, sorted; as bytes, for one of Debian's has a serial number that no library likes."""
    return sorted(ssl.PEM_cert_to_DER_cert(pem.decode()) for pem in PEM.findall(text))


def _rehashed(root: Path, folder: Path) -> int:
    """Let openssl make the links of the certificates that stand in an image's folder: they are those that it has."""
    folder.mkdir()
    links = _links(root)
    for path in (root / CERTIFICATES).iterdir():
        if path.suffix == ".pem" and path.name not in links:
            target = path.readlink() if path.is_symlink() else path
            (folder / path.name).write_bytes((root / str(target).lstrip("/") if target != path else path).read_bytes())
    subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
    assert links == {path.name: str(path.readlink()) for path in folder.iterdir() if path.is_symlink()}
    assert len(links) > 100
    return len(links)


def _links(root: Path) -> dict[str, str]:
    """The links by hash of an image, and where they lead."""
    paths = (path for path in (root / CERTIFICATES).iterdir() if re.fullmatch(r"[0-9a-f]{8}\.[0-9]+", path.name))
    return {path.name: str(path.readlink()) for path in paths}


def _hash_of(certificate: Path) -> str:
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", certificate]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
