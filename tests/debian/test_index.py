from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import sha256
from bareboat.base.errors import FormatError
from bareboat.debian.index import PackageIndex, compact
from bareboat.debian.package import Package
from bareboat.debian.relation import Provision
from bareboat.debian.version import Version
from tests.makers.refusal import is_read_or_refused_at

SUM = "0123456789abcdef" * 4


def stanza(name: str, version: str = "1.0", **fields: str) -> str:
    said = {
        "Package": name, "Version": version, "Architecture": "amd64", "Filename": f"pool/{name}_{version}.deb",
        "Size": "10", "SHA256": SUM,
    }  # fmt: skip
    said |= {key.replace("_", "-"): value for key, value in fields.items()}
    return "".join(f"{key}: {value}\n" for key, value in said.items() if value)


def index(*stanzas: str) -> PackageIndex:
    return PackageIndex.parse("\n".join(stanzas).encode(), "Packages")


def test_a_whole_package() -> None:
    text = stanza(
        "libx1", "1:2-3+b1", Source="x (1:2-3)", Multi_Arch="same", Essential="yes", Priority="required",
        Section="libs", Depends="libc6 (>= 2),\n y | z", Pre_Depends="p", Provides="virtual (= 1)",
        Conflicts="c", Breaks="b (<< 1)", Replaces="r", Description="one line\n and more", Homepage="https://mirror.example/",
    )  # fmt: skip
    (found,) = index(text).named("libx1")
    assert found == Package(
        name="libx1", version=Version("1:2-3+b1"), architecture="amd64", source="x", source_version=Version("1:2-3"),
        filename="pool/libx1_1:2-3+b1.deb", size=10, sha256=sha256(SUM), depends_text="libc6 (>= 2),\n y | z",
        pre_depends_text="p", provides_text="virtual (= 1)", conflicts_text="c", breaks_text="b (<< 1)",
        replaces_text="r", multi_arch="same", essential=True, priority="required", section="libs",
        description="one line", homepage="https://mirror.example/",
    )  # fmt: skip
    fields = (found.depends, found.pre_depends, found.conflicts, found.breaks, found.replaces)
    assert [[str(group) for group in field] for field in fields] == [
        ["libc6 (>= 2)", "y | z"], ["p"], ["c"], ["b (<< 1)"], ["r"]
    ]  # fmt: skip
    assert found.provides == (Provision("virtual", Version("1")),)
    assert str(found) == "libx1 1:2-3+b1 amd64"


def test_a_package_is_its_own_source_when_none_is_named() -> None:
    (found,) = index(stanza("a", "2-1")).named("a")
    assert (found.source, found.source_version, found.depends, found.provides) == ("a", Version("2-1"), (), ())


@pytest.mark.parametrize("gap", ["\n", "\n\n\n", " \t\n", "\n \n\n"])
def test_stanzas_are_parted_by_blank_lines_however_they_look(gap: str) -> None:
    found = PackageIndex.parse(f"{gap}{stanza('b')}{gap}{stanza('a')}{gap}".encode(), "Packages")
    assert (found.names, len(found), "a" in found, "c" in found) == (("a", "b"), 2, True, False)


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\n"])
def test_an_empty_index_has_no_packages(data: bytes) -> None:
    found = PackageIndex.parse(data, "Packages")
    assert (found.names, len(found), found.named("a"), found.providers("a")) == ((), 0, (), ())


def test_the_latest_version_comes_first() -> None:
    found = index(stanza("a", "1.9"), stanza("a", "1.10"), stanza("a", "1.10~rc1"))
    assert [str(package.version) for package in found.named("a")] == ["1.10", "1.10~rc1", "1.9"]


def test_providers_are_found_by_each_name_and_sorted_by_their_own() -> None:
    found = index(
        stanza("mawk", Provides="awk"),
        stanza("gawk", Provides="other (= 2),\n awk (= 1)"),
        stanza("talk", Description="it is said that\n Provides: awk"),
    )
    assert [package.name for package in found.providers("awk")] == ["gawk", "mawk"]
    assert [package.name for package in found.providers("other")] == ["gawk"]
    assert found.providers("gawk") == ()


def test_the_name_may_stand_further_down() -> None:
    found = PackageIndex.parse(f"{stanza('a')}\nProvides: v\n{stanza('b')}".encode(), "Packages")
    assert [package.name for package in found.providers("v")] == ["b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Version": ""}, 'Packages: a: the field "Version" is missing'),
        ({"Version": "1_0"}, 'Packages: a: cannot read "1_0" as a version'),
        ({"Size": "-1"}, 'Packages: a: cannot read "-1" as a size in bytes'),
        ({"Size": "1" * 16}, 'Packages: a: cannot read "1111111111111111" as a size in bytes'),
        ({"SHA256": "abc"}, 'Packages: a: cannot read "sha256:abc" as a digest'),
        ({"Filename": "../x"}, 'Packages: a: field "Filename": "../x" would leave the image'),
        ({"Filename": "/x"}, 'Packages: a: field "Filename": "/x" is an absolute path'),
        ({"Source": "a b c"}, 'Packages: a: cannot read "a b c" as a source package'),
        ({"package": "b"}, 'Packages: a:7: the field "package" is given twice'),
    ],
)
def test_a_stanza_that_cannot_be_read_is_named_when_it_is_asked_for(change: dict[str, str], message: str) -> None:
    found = index(stanza("a", **change), stanza("b"))
    assert len(found.named("b")) == 1
    with pytest.raises(FormatError) as caught:
        found.named("a")
    assert caught.value.message == message


def test_a_stanza_without_a_name_is_refused_at_once() -> None:
    with pytest.raises(FormatError, match="Packages:8: the stanza does not name its package"):
        index(stanza("a"), "Version: 1\n")


def test_a_relation_that_cannot_be_read_names_package_and_field() -> None:
    (found,) = index(stanza("a", Depends="b (>= ")).named("a")
    with pytest.raises(FormatError, match=r"a 1\.0 amd64: Depends: cannot read the relation"):
        _ = found.depends


def test_compact_answers_the_same_questions_with_less() -> None:
    text = "\n".join([
        stanza("a", Depends="b,\n c", Description="long\n Package: no\n Provides: no", Tag="x,\n zzz", Provides="v"),
        stanza("b", "2", Multi_Arch="foreign", Essential="yes", MD5sum="0" * 32, Homepage="https://mirror.example"),
    ]).encode()
    whole, data = PackageIndex.parse(text, "Packages"), compact(text)
    found = PackageIndex.parse(data, "Packages")
    assert found.names == whole.names
    assert compact(data) == data
    for name in whole.names:
        for before, after in zip(whole.named(name), found.named(name), strict=True):
            assert (before.version, before.depends, before.provides, before.multi_arch, before.essential) == (
                after.version, after.depends, after.provides, after.multi_arch, after.essential
            )  # fmt: skip
            assert (before.filename, before.size, before.sha256) == (after.filename, after.size, after.sha256)
    assert b"Description" not in data
    assert b"Tag" not in data
    assert b"zzz" not in data


STANZAS = [stanza("a"), stanza("a", "2"), stanza("b", Provides="v, w"), stanza("c", Provides="v")]


@given(st.lists(st.sampled_from(STANZAS)))
def test_a_prepared_index_answers_as_the_one_that_prepared_it(stanzas: list[str]) -> None:
    whole = index(*stanzas)
    found = PackageIndex.prepared(whole.prepare(), "Packages")
    assert (found.names, len(found)) == (whole.names, len(whole))
    for name in ("a", "b", "c", "v", "w", "x"):
        assert found.named(name) == whole.named(name)
        assert found.providers(name) == whole.providers(name)
    assert found.prepare() == whole.prepare()


def test_a_prepared_index_that_was_cut_off_anywhere_in_its_tables_is_refused() -> None:
    record = index(stanza("a"), stanza("b", Provides="v")).prepare()
    tables = len(record) - len("\n".join([stanza("a"), stanza("b", Provides="v")]))
    for size in range(tables):
        with pytest.raises(FormatError, match="Packages: cannot read the prepared index"):
            PackageIndex.prepared(record[:size], "Packages")
    assert PackageIndex.prepared(record, "Packages").names == ("a", "b")


@given(st.text("Package:Version 1\n\t.a", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    def read() -> None:
        found = PackageIndex.parse(data, "Packages")
        for name in found.names:
            found.named(name)

    assert is_read_or_refused_at("Packages:", read)


@given(st.permutations([stanza("a"), stanza("a", "2"), stanza("b", Provides="v"), stanza("c", Provides="v")]))
def test_answers_do_not_depend_on_the_order_of_the_file(stanzas: list[str]) -> None:
    found = index(*stanzas)
    assert [str(package) for package in found.named("a")] == ["a 2 amd64", "a 1.0 amd64"]
    assert [package.name for package in found.providers("v")] == ["b", "c"]
