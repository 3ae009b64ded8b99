"""Java reads our key store, and holds the same certificates in it."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from bareboat.base.epoch import ZERO
from bareboat.make.effects import keystore
from bareboat.make.effects.certificates import authorities
from bareboat.make.tree import Tree
from tests.makers.authority import make_authority
from tests.makers.tree import contents, make_tree, make_tree_of

pytestmark = pytest.mark.oracle

MACHINE = Path("/usr/share/ca-certificates")
SHIPPED = "usr/share/ca-certificates"

PROGRAM = """
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import javax.net.ssl.TrustManagerFactory;

public class List {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(new FileInputStream(arguments[0]), "changeit".toCharArray());
        for (String alias : Collections.list(store.aliases())) {
            byte[] der = store.getCertificate(alias).getEncoded();
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
            long time = store.getCreationDate(alias).getTime() / 1000;
            System.out.println(alias + "\\t" + store.isCertificateEntry(alias) + "\\t" + time + "\\t" + digest);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(KeyStore.getInstance(new java.io.File(arguments[0]), "changeit".toCharArray()));
    }
}
"""


def _machine_tree() -> Tree:
    machine = make_tree_of(MACHINE)
    return make_tree({
        **{f"{SHIPPED}/{path}": machine.resolve(path).content for path in machine if path.endswith(".crt")},
        f"{SHIPPED}/odd/F\u0151 \U0001f512.crt": make_authority("Odd Root"),
        f"{SHIPPED}/odd/isrg_root_x1.crt": make_authority("Not ISRG"),
    })


def test_java_reads_the_same_certificates(tmp_path: Path) -> None:
    tree = _machine_tree()
    (tmp_path / "cacerts").write_bytes(contents(keystore.entries(tree, moment=ZERO))["etc/ssl/certs/java/cacerts"])
    (tmp_path / "List.java").write_text(PROGRAM)
    run = subprocess.run(
        ["java", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", tmp_path / "List.java", tmp_path / "cacerts"],
        check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    found = sorted(tuple(line.split("\t")) for line in run.stdout.decode().splitlines())
    trust = authorities(tree)
    certificates = [(one.certificate.not_before, sha256(one.certificate.der).hexdigest()) for one in trust]
    assert sorted((time, digest) for _, _, time, digest in found) == sorted(
        (str(time), digest) for time, digest in certificates
    )
    assert {kind for _, kind, _, _ in found} == {"true"}
    assert len({alias for alias, *_ in found}) == len(trust)
    assert {"debian:isrg_root_x1.pem", "debian:isrg_root_x1.pem-2", "debian:f\u0151_\U0001f512.pem"} <= {
        alias for alias, *_ in found
    }


def test_keytool_lists_the_store_and_finds_it_whole(tmp_path: Path) -> None:
    tree = make_tree({f"{SHIPPED}/Alpha.crt": make_authority("Alpha"), f"{SHIPPED}/Beta.crt": make_authority("Beta")})
    (tmp_path / "cacerts").write_bytes(contents(keystore.entries(tree, moment=ZERO))["etc/ssl/certs/java/cacerts"])
    command = ["keytool", "-J-Duser.language=en", "-list", "-keystore", str(tmp_path / "cacerts")]
    run = subprocess.run([*command, "-storepass", "changeit"], check=True, capture_output=True, text=True)
    assert "Your keystore contains 2 entries" in run.stdout
    assert "Keystore type: JKS" in run.stdout
    wrong = subprocess.run([*command, "-storepass", "changeme"], check=False, capture_output=True, text=True)
    assert "password was incorrect" in wrong.stdout
