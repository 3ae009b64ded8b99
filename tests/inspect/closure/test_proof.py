"""The proof as a whole: every finding has a rule that is listed, and hostile images end in findings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.inspect.closure.proof import CLOSURE, RULES, prove
from bareboat.inspect.finding import Family, in_order
from bareboat.oci.annotations import WISHES
from tests.makers.aboard import LIB, LOADER, SYSTEM, What, make_aboard, make_facts, make_package

NAMES = ["libc.so.6", "liba.so", "libb.so", "/opt/liba.so", "$ORIGIN/liba.so", "a/b", "", "libc.so", "libjvm.so"]
PATHS = ["$ORIGIN", "${ORIGIN}/../x", "/opt", "$LIB", "/$PLATFORM", ".", "..", "", "/\udcff"]
FACTS = st.builds(
    make_facts,
    kind=st.sampled_from(["DYN", "EXEC", "REL"]),
    bits=st.sampled_from([32, 64]),
    machine=st.sampled_from([62, 183, 3, 9999]),
    little_endian=st.booleans(),
    interpreter=st.none() | st.sampled_from([LOADER, "", "/", "opt", "/lib/ld-musl-x86_64.so.1"]),
    soname=st.none() | st.sampled_from(NAMES),
    needed=st.lists(st.sampled_from(NAMES), max_size=4).map(tuple),
    runpath=st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
    rpath=st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
    needs=st.lists(st.tuples(st.sampled_from(NAMES), st.just(("V",))), max_size=2).map(tuple),
)
LINKS = st.sampled_from(["-> .", "-> ..", "-> /", "-> /opt", "-> a", "-> liba.so", "-> x/../..", "-> /proc/self"])
TEXTS = st.binary(max_size=60) | st.sampled_from([b"#!", b"#! env", b"-server KNOWN", b"hosts: [", b"[a\na=b"])
PLACES = [
    "opt/liba.so", "opt/lib/server/libjvm.so", "opt/lib/jvm.cfg", "lib/libb.so", f"{LIB}/libb.so", "usr/bin/sail",
    "etc/nsswitch.conf", "etc/ssl/openssl.cnf", "etc/ld.so.cache", f"{LIB}/libcrypto.so.3", "a", "b",
    f"{LIB}/gconv/gconv-modules.cache", "etc/ld.so.preload", "etc/ld-musl-x86_64.path",
]  # fmt: skip


def test_every_rule_is_listed_once_and_of_this_family() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {rule.family for rule in RULES} == {Family.closure}
    assert len(RULES) == sum(len(check.rules) for check in CLOSURE)


def test_a_sound_image_has_no_findings() -> None:
    assert prove(make_aboard(SYSTEM)) == ()
    assert prove(make_aboard({})) == ()


@settings(max_examples=300)
@given(paths=st.dictionaries(st.sampled_from(PLACES), FACTS | LINKS | TEXTS | st.none(), max_size=10))
def test_whatever_an_image_holds_the_proof_ends_in_findings_of_its_rules(paths: dict[str, What]) -> None:
    aboard = make_aboard({**SYSTEM, **paths} if "usr/bin/sail" in paths else paths, annotations={WISHES: "a: b"},
                         packages=[make_package("x", list(paths))])
    found = prove(aboard)
    assert {one.rule for one in found} <= set(RULES)
    assert found == in_order(found) == prove(aboard)
