"""The authorities of an image, as update-ca-certificates lays them out."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError, ConfigurationError, FormatError
from bareboat.make.effects import certificates
from bareboat.make.effects.certificates import Trusted
from bareboat.make.effects.x509 import read_certificates
from bareboat.make.tree import AnyEntry, Tree
from tests.makers.authority import make_authority
from tests.makers.tree import contents, dump, links, make_tree

SHIPPED = "usr/share/ca-certificates/mozilla"
LOCAL = "usr/local/share/ca-certificates"
NOON = Epoch(1_700_000_000)

ALPHA, BETA, GAMMA = (make_authority(name) for name in ("Alpha Root", "Beta Root", "Gamma Root"))
MOZILLA = make_tree({f"{SHIPPED}/Beta_Root.crt": BETA, f"{SHIPPED}/Alpha_Root.crt": ALPHA})


def _made(tree: Tree, *texts: bytes) -> tuple[AnyEntry, ...]:
    trusted = [Trusted(pem=pem, where=f"certs/{number}.pem") for number, pem in enumerate(texts)]
    return certificates.entries(tree, trusted, moment=NOON)


def _hash_of(pem: bytes) -> str:
    return read_certificates(pem, "x")[0].subject_hash


def test_packages_bring_a_bundle_and_two_links_for_each_authority() -> None:
    made = _made(MOZILLA)
    assert contents(made) == {"etc/ssl/certs/ca-certificates.crt": ALPHA + BETA}
    assert links(made) == {
        "etc/ssl/certs/Alpha_Root.pem": f"/{SHIPPED}/Alpha_Root.crt",
        "etc/ssl/certs/Beta_Root.pem": f"/{SHIPPED}/Beta_Root.crt",
        f"etc/ssl/certs/{_hash_of(ALPHA)}.0": "Alpha_Root.pem",
        f"etc/ssl/certs/{_hash_of(BETA)}.0": "Beta_Root.pem",
    }
    assert [entry.path for entry in made] == sorted(entry.path for entry in made)
    assert {(entry.origin, entry.mtime) for entry in made} == {("effect:certificates", NOON)}


def test_an_authority_of_the_user_gets_a_file_called_by_its_subject() -> None:
    made = _made(MOZILLA, GAMMA)
    assert contents(made) == {
        "etc/ssl/certs/ca-certificates.crt": ALPHA + BETA + GAMMA,
        f"{LOCAL}/Gamma_Root.crt": GAMMA,
    }
    assert links(made)["etc/ssl/certs/Gamma_Root.pem"] == f"/{LOCAL}/Gamma_Root.crt"
    assert dump(made)[-1] == f"0644 0:0 {LOCAL}/Gamma_Root.crt {len(GAMMA)} bytes"


def test_one_text_may_hold_several_authorities_and_remarks() -> None:
    text = b"our own\r\n" + GAMMA.replace(b"\n", b"\r\n") + b"\nand the old one:\n" + BETA.rstrip(b"\n")
    made = _made(Tree(), text)
    assert contents(made) == {
        "etc/ssl/certs/ca-certificates.crt": BETA + GAMMA,
        f"{LOCAL}/Beta_Root.crt": BETA,
        f"{LOCAL}/Gamma_Root.crt": GAMMA,
    }


def test_an_authority_that_is_there_already_counts_once() -> None:
    assert _made(MOZILLA, BETA, ALPHA + BETA) == _made(MOZILLA)
    assert _made(Tree(), GAMMA, GAMMA) == _made(Tree(), GAMMA)


def test_another_authority_of_the_same_subject_gets_another_name_and_the_next_number() -> None:
    old, new = make_authority("Alpha Root", serial=2), make_authority("Alpha Root", serial=3)
    made = _made(MOZILLA, old, new)
    names = [f"Alpha_Root-{sha256(read_certificates(pem, 'x')[0].der).hexdigest()[:8]}" for pem in (old, new)]
    found = {path: target for path, target in links(made).items() if f"/{_hash_of(ALPHA)}." in path}
    first, second = sorted(names)
    assert found == {
        f"etc/ssl/certs/{_hash_of(ALPHA)}.0": f"{first}.pem",
        f"etc/ssl/certs/{_hash_of(ALPHA)}.1": f"{second}.pem",
        f"etc/ssl/certs/{_hash_of(ALPHA)}.2": "Alpha_Root.pem",
    }


def test_an_expired_authority_stays() -> None:
    expired = make_authority("Old Root", days=1)
    made = _made(make_tree({f"{SHIPPED}/Old.crt": expired}))
    assert contents(made)["etc/ssl/certs/ca-certificates.crt"] == expired


def test_files_of_packages_keep_their_text_but_for_a_missing_line_end() -> None:
    text = b"# remark\n" + ALPHA.rstrip(b"\n")
    made = _made(make_tree({f"{SHIPPED}/A.crt": text, f"{SHIPPED}/B.crt": BETA}))
    assert contents(made)["etc/ssl/certs/ca-certificates.crt"] == text + b"\n" + BETA


def test_link_names_are_those_of_update_ca_certificates() -> None:
    made = _made(make_tree({f"{SHIPPED}/A (old), Ltd.crt": ALPHA, f"{SHIPPED}/README": b""}))
    assert "etc/ssl/certs/A_=old=__Ltd.pem" in links(made)


def test_local_files_of_the_tree_count_and_are_not_made_again() -> None:
    tree = make_tree({f"{LOCAL}/site.crt": GAMMA, f"{SHIPPED}/Alpha_Root.crt": ALPHA})
    assert contents(_made(tree, GAMMA)) == {
        "etc/ssl/certs/ca-certificates.crt": ALPHA + GAMMA
    }


def test_running_again_over_its_own_work_changes_nothing() -> None:
    made = _made(MOZILLA, GAMMA)
    again = _made(MOZILLA.with_entries(made), GAMMA)
    assert MOZILLA.with_entries(made).with_entries(again) == MOZILLA.with_entries(made)


def test_two_authorities_of_one_file_name_are_refused() -> None:
    tree = make_tree({f"{SHIPPED}/A.crt": ALPHA, f"{LOCAL}/A.crt": BETA})
    with pytest.raises(BuildError) as caught:
        _made(tree)
    assert caught.value.message == f'"/{LOCAL}/A.crt": "/{SHIPPED}/A.crt" is another authority of that name'


def test_a_file_with_two_certificates_is_refused() -> None:
    with pytest.raises(BuildError, match="it holds 2 certificates"):
        _made(make_tree({f"{SHIPPED}/A.crt": ALPHA + BETA}))


BODY = ALPHA.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "certs/1.pem: holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "certs/1.pem:1: the block that begins here has no end"),
        (
            ALPHA + b"\n-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
            'certs/1.pem:{after}: block 2: cannot take "PRIVATE KEY" for a certificate',
        ),
        (
            b"-----BEGIN TRUSTED CERTIFICATE-----\n-----END TRUSTED CERTIFICATE-----\n",
            "certs/1.pem:1: block 1: cannot take OpenSSL's own form of a certificate",
        ),
        (b"x\n-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "certs/1.pem:2: block 1: cannot"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certs/1.pem:1: block 1: cannot read the"),
        (b"".join([*BODY[:3], *BODY[4:]]), "certs/1.pem:1: block 1: cannot read the certificate: "),
    ],
)
def test_a_text_that_cannot_be_read_names_its_block(text: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _made(Tree(), BETA, text)
    assert caught.value.message.startswith(message.replace("{after}", str(len(BODY) + 2)))


@given(text=st.binary(max_size=300) | st.binary(max_size=80).map(lambda body: BODY[0] + body + BODY[-1]))
def test_hostile_texts_raise_format_errors_only(text: bytes) -> None:
    with pytest.raises(FormatError):
        read_certificates(text, "hostile")


def _on_base(bundle: bytes) -> Tree:
    """A base image that has a bundle and nothing else of its authorities."""
    tree = make_tree({"etc/ssl/certs/ca-certificates.crt": bundle, "etc/motd": b"hi\n"})
    return Tree.of(replace(entry, origin="base:registry.example/base:1") for entry in tree.entries.values())


def test_the_bundle_of_a_base_image_stays_below_what_is_added() -> None:
    made = _made(_on_base(ALPHA + BETA), GAMMA)

    assert contents(made)["etc/ssl/certs/ca-certificates.crt"] == GAMMA + ALPHA + BETA
    assert set(links(made).values()) == {"Gamma_Root.pem", f"/{LOCAL}/Gamma_Root.crt"}


def test_the_bundle_of_a_base_image_stays_through_every_layer_above() -> None:
    first = _made(_on_base(ALPHA), BETA)

    again = _made(_on_base(ALPHA).with_entries(first), BETA, GAMMA)

    assert contents(again)["etc/ssl/certs/ca-certificates.crt"] == BETA + GAMMA + ALPHA
