"""A library's package is known by Policy's formula, by what was left out, or by a table."""

from __future__ import annotations

import pytest

from bareboat.inspect.closure.provider import Providers, names_for
from tests.makers.aboard import make_package


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libc.so.6", "libc6"),
        ("libm.so.6", "libc6"),
        ("ld-linux-x86-64.so.2", "libc6"),
        ("ld64.so.2", "libc6"),
        ("libcrypto.so.3", "libssl3t64"),
        ("libz.so.1", "zlib1g"),
        ("libbz2.so.1.0", "libbz2-1.0"),
        ("libgcc_s.so.1", "libgcc-s1"),
        ("libstdc++.so.6", "libstdc++6"),
        ("libgomp.so.1", "libgomp1"),
        ("libffi.so.8", "libffi8"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libk5crypto.so.3", "libk5crypto3"),
        ("libcom_err.so.2", "libcom-err2"),
        ("libX11.so.6", "libx11-6"),
        ("libpython3.13.so.1.0", "libpython3.13"),
        ("libicuuc.so.76", "libicu76"),
        ("libldap-2.5.so.0", "libldap-2.5-0"),
        ("libldap.so.2", "libldap2"),
        ("libpcre2-8.so.0", "libpcre2-8-0"),
        ("libpanelw.so.6", "libncursesw6"),
        ("libLLVM.so.19.1", "libllvm19"),
        ("libnss3.so", "libnss3"),
        ("_fast.so", None),
        ("libm", None),
    ],
)
def test_a_soname_tells_its_package(soname: str, package: str | None) -> None:
    assert Providers().of_library(soname) == package


@pytest.mark.parametrize(
    ("soname", "depends", "package"),
    [
        ("libasound.so.2", "libc6, libasound2t64 (>= 1.0.16)", "libasound2t64"),
        ("libcups.so.2", "libcups2t64 | libcups2", "libcups2t64"),
        ("libharfbuzz.so.0", "libharfbuzz0b", "libharfbuzz0b"),
        ("libdb-5.3.so", "libdb5.3t64", "libdb5.3t64"),
        ("libmast.so.1", "libmast10, libmast1.5", "libmast1"),
        ("libmast.so.1", "libmast1t64 | installed", "libmast1"),
    ],
)
def test_what_was_left_out_of_the_owners_needs_is_it(soname: str, depends: str, package: str) -> None:
    owner = make_package("sail", depends=depends)
    assert Providers().of_library(soname, owner=owner, installed={"libc6", "installed"}) == package


def test_an_archive_decides_which_name_there_is() -> None:
    archive = Providers(names=frozenset({"libcups2t64", "libssl3", "libdb5.3t64"}))
    assert archive.of_library("libcups.so.2") == "libcups2t64"
    assert archive.of_library("libcrypto.so.3") == "libssl3"
    assert archive.of_library("libdb-5.3.so") == "libdb5.3t64"
    assert archive.of_library("libmast.so.1") is None


@pytest.mark.parametrize(
    ("path", "package"),
    [("/bin/sh", "dash"), ("perl", "perl-base"), ("/usr/bin/python3.13", "python3.13-minimal"), ("/opt/x", None)],
)
def test_programs_are_known_by_their_names(path: str, package: str | None) -> None:
    assert Providers().of_program(path) == package


@pytest.mark.parametrize(
    ("service", "package"), [("sss", "libnss-sss"), ("db", "libnss-db"), ("mdns4_minimal", "libnss-mdns")]
)
def test_name_services_are_known(service: str, package: str) -> None:
    assert Providers().of_name_service(service) == package


def test_a_library_without_a_number_has_a_package_without_one() -> None:
    assert names_for("libfoo_bar.so") == ("libfoo-bar", "libfoo-bart64")
