from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, UnsafePathError
from bareboat.base.path import ImagePath
from bareboat.debian.release import IndexFile, Release
from tests.makers.archive import DATE, make_archive
from tests.makers.deb import make_deb
from tests.makers.refusal import is_read_or_refused_at

SUM = "0123456789abcdef" * 4


def release(*, table: str = f" {SUM} 1 main/x\n", **fields: str) -> Release:
    said = {"Date": "Sun, 15 Jun 2025 15:06:40 UTC"} | {key.replace("_", "-"): value for key, value in fields.items()}
    text = "".join(f"{key}: {value}\n" for key, value in said.items() if value)
    return Release.parse(f"{text}SHA256:\n{table}", "InRelease")


def test_a_made_archive_says_what_it_was_made_with() -> None:
    archive = make_archive([make_deb("a")], suite="stable", codename="trixie", valid_until=DATE + 60)
    found = Release.parse(archive.release.decode(), "Release")
    packages = archive.files["dists/stable/main/binary-amd64/Packages.xz"]
    path = ImagePath("main/binary-amd64/Packages.xz")
    entry = IndexFile(path=path, size=len(packages), sha256=Digest.of(packages))
    assert (found.origin, found.label, found.suite, found.codename) == ("Debian", "Debian", "stable", "trixie")
    assert (found.version, found.date, found.valid_until) == ("13.0", DATE, DATE + 60)
    assert (found.architectures, found.components) == (("all", "amd64"), ("main",))
    assert (found.acquire_by_hash, found.separate_all) == (True, False)
    assert found.packages_index("main", "amd64") == entry
    assert archive.files[f"dists/stable/{entry.by_hash}"] == packages


def test_only_the_sha256_section_is_read() -> None:
    found = release(MD5Sum="\n 0 1 main/weak", SHA1="\n 0 1 main/weak")
    assert list(found.files) == ["main/x"]


def test_the_security_archive_names_its_components_with_a_relic() -> None:
    found = release(Components="updates/main updates/contrib", table=f" {SUM} 1 main/binary-amd64/Packages.xz\n")
    assert found.components == ("main", "contrib")
    assert found.packages_index("main", "amd64").path == "main/binary-amd64/Packages.xz"


@pytest.mark.parametrize(
    ("architectures", "support", "separate"),
    [("all amd64", "Packages", False), ("all amd64", "", True), ("amd64", "", False)],
)
def test_packages_for_all_architectures(architectures: str, support: str, separate: bool) -> None:
    found = release(Architectures=architectures, No_Support_for_Architecture_all=support)
    assert found.separate_all is separate


def test_absent_fields_are_empty() -> None:
    found = release()
    assert (found.origin, found.suite, found.valid_until, found.acquire_by_hash, found.components) == (
        "", "", None, False, ()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "suffix"),
    [(("Packages", "Packages.gz", "Packages.xz"), ".xz"), (("Packages", "Packages.gz"), ".gz"), (("Packages",), "")],
)
def test_the_best_compression_is_chosen(table: tuple[str, ...], suffix: str) -> None:
    found = release(table="".join(f" {SUM} 1 main/binary-amd64/{name}\n" for name in table))
    assert found.packages_index("main", "amd64").path == f"main/binary-amd64/Packages{suffix}"


def test_an_index_that_is_not_promised_is_not_guessed() -> None:
    assert release(Suite="trixie").packages_index("main", "arm64") is None


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (f" {SUM} 1\n", FormatError, "is not a digest, a size in bytes and a path"),
        (f" {SUM} -1 a\n", FormatError, "is not a digest, a size in bytes and a path"),
        (f" {SUM} 1 a b\n", FormatError, "is not a digest, a size in bytes and a path"),
        (" 12 1 a\n", FormatError, 'cannot read "sha256:12" as a digest'),
        (f" {SUM} 1 ../a\n", UnsafePathError, "would leave the image"),
        (f" {SUM} 1 /a\n", UnsafePathError, "is an absolute path"),
        (f" {SUM} 1 a\n {SUM} 2 a\n", FormatError, '"a" is promised twice, with different bytes'),
        ("", FormatError, 'the field "SHA256" is missing'),
    ],
)
def test_a_bad_table_is_refused(table: str, error: type[FormatError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        release(table=table)
    assert caught.value.message.startswith("InRelease: ")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"Date": ""}, 'InRelease: the field "Date" is missing'),
        ({"Date": "yesterday"}, 'InRelease: Date: cannot read "yesterday" as a date'),
        ({"Valid_Until": "never"}, 'InRelease: Valid-Until: cannot read "never" as a date'),
    ],
)
def test_a_bad_date_is_refused(fields: dict[str, str], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        release(**fields)
    assert caught.value.message == message


@pytest.mark.parametrize("text", ["", "Date: a\nDate: b\n", "Suite: a\n\nSuite: b\n"])
def test_a_release_is_one_paragraph_with_each_field_once(text: str) -> None:
    with pytest.raises(FormatError):
        Release.parse(text, "InRelease")


@given(st.text("DateSH256: \n019afpool/.", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert is_read_or_refused_at("InRelease:", lambda: Release.parse(text, "InRelease"))
