"""Modules that glibc, OpenSSL and Java load as their lists and configurations say."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest

from bareboat.inspect.closure.gconv import modules_of_cache
from bareboat.inspect.closure.name_service import services_of
from bareboat.inspect.closure.proof import prove
from bareboat.oci.config import Execution
from tests.makers.aboard import LIB, SYSTEM, What, make_aboard, make_facts, make_package, make_shared, told

CRYPTO = {f"{LIB}/libcrypto.so.3": make_shared("libcrypto.so.3", "libc.so.6")}
LEGACY = {f"{LIB}/ossl-modules/legacy.so": make_facts("libcrypto.so.3")}
LEGACY_PATH = f"/{LIB}/ossl-modules/legacy.so"
NO_LEGACY = f"openssl-legacy /{LIB}/libcrypto.so.3 has no {LEGACY_PATH}: old algorithms are not available"
CONF = b"""openssl_conf = start # of everything
[start]
providers = all
[ all ]
default = default_sect
legacy = old
fips = strict
oqs = later
[default_sect]
activate = 1
[old]
activate = yes
[strict]
identity = fips3
module = /opt/fips.so
activate = 1
[later]
# activate = 1
"""
HOME = "usr/lib/jvm/java-21"
JVM = {
    f"{HOME}/lib/jvm.cfg": b"# types\n-server KNOWN\n-client IGNORE\n-zero KNOWN\n",
    f"{HOME}/lib/libjli.so": make_shared("libjli.so", "libc.so.6"),
    f"{HOME}/lib/libjava.so": make_shared("libjava.so", "libjvm.so", "libc.so.6"),
    f"{HOME}/lib/libnet.so": make_shared("libnet.so", "libjava.so", "libjvm.so"),
    f"{HOME}/lib/server/libjvm.so": make_shared("libjvm.so", "libc.so.6"),
}


def _told(*parts: Mapping[str, What], env: tuple[str, ...] = ()) -> list[str]:
    paths: dict[str, What] = dict(SYSTEM)
    for part in parts:
        paths |= part
    return told(prove(make_aboard(paths, config=Execution(env=env))))


def test_services_are_read_without_their_actions() -> None:
    text = b"# passwd: x\npasswd: files [!UNAVAIL=return] sss # y\nhosts:dns\nbroken\n\xff: z\n"
    assert services_of(text) == {"passwd": ("files", "sss"), "hosts": ("dns",), "\ufffd": ("z",)}


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        (b"passwd: files\nhosts: files dns\n", []),
        (
            b"passwd: compat\n",
            ["name-service /etc/nsswitch.conf has compat for passwd, and none of them is in the image"],
        ),
        (
            b"passwd: files sss\nservices: db files\nrpc: db\nnetgroup: nis\n",
            ["name-service-module /etc/nsswitch.conf names services that are not in the image: sss (for passwd); "
             "db (for services, rpc); nis (for netgroup)"],
        ),
    ],
)  # fmt: skip
def test_services_that_are_not_there_are_told(conf: bytes, said: list[str]) -> None:
    assert _told({"etc/nsswitch.conf": conf}) == said


def test_a_service_is_a_library_in_the_folders_of_the_loader() -> None:
    conf = {"etc/nsswitch.conf": b"passwd: compat"}
    assert _told(conf, {f"{LIB}/libnss_compat.so.2": make_shared("libnss_compat.so.2", "libc.so.6")}) == []


def test_without_glibc_nobody_reads_the_services() -> None:
    assert told(prove(make_aboard({"etc/nsswitch.conf": b"passwd: compat"}))) == []


def test_openssl_without_its_legacy_provider_is_a_note() -> None:
    assert _told(CRYPTO) == [NO_LEGACY]
    assert _told(CRYPTO, LEGACY) == []


@pytest.mark.parametrize("path", ["etc/ssl/openssl.cnf", "usr/lib/ssl/openssl.cnf"])
def test_providers_that_the_configuration_activates_must_be_there(path: str) -> None:
    said = f"openssl-provider /{path} activates the provider"
    assert _told(CRYPTO, {path: CONF}) == [
        f"{said} fips3, and /opt/fips.so is not in the image",
        f"{said} legacy, and /{LIB}/ossl-modules/legacy.so is not in the image",
    ]
    assert _told(CRYPTO, LEGACY, {path: CONF, "opt/fips.so": make_facts()}) == []


def test_the_environment_moves_the_configuration_of_openssl_and_its_modules() -> None:
    env = ("OPENSSL_CONF=/opt/ssl.cnf", "OPENSSL_MODULES=/opt/modules")
    conf = {"etc/ssl/openssl.cnf": b"openssl_conf = x\n[x]\nproviders = y\n[y]\nnone = z\n[z]\nactivate = 1\n"}
    assert _told(CRYPTO, conf, {"opt/modules/legacy.so": make_facts()}, env=env) == []


def _gconv_cache(order: str, folder: bytes) -> bytes:
    """Two modules, the second built in; strings, then the table of modules."""
    strings = b"\0" + folder + b"\0A.so\0"
    names = 1 + len(folder) + 1
    first = 16 + len(strings)
    modules = struct.pack(order + "12H", 0, 1, names, 1, names, 0, 0, 0, 0, 0, 0, 0)
    header = struct.pack(order + "I5H", 0x20010324, 16, first, 0, first, first + len(modules))
    return header.ljust(16, b"\0") + strings + modules


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_cache_of_character_sets_is_read_in_its_byte_order(order: str) -> None:
    assert modules_of_cache(_gconv_cache(order, b"/opt/gconv")) == {"/opt/gconv/A.so"}


@pytest.mark.parametrize("data", [b"", b"\x24\x03\x01\x20", bytes(100), b"\x24\x03\x01\x20" + b"\xff" * 60])
def test_what_is_no_cache_of_character_sets_is_none(data: bytes) -> None:
    assert modules_of_cache(data) is None


GCONV = f"{LIB}/gconv"
LIST = b"alias X// Y//\nmodule A// INTERNAL A 1\nmodule INTERNAL A// A 1\nmodule B// INTERNAL /opt/B.so\n# module C//\n"


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({f"{GCONV}/gconv-modules": LIST, f"{GCONV}/A.so": make_facts(), "opt/B.so": make_facts()}, []),
        (
            {f"{GCONV}/gconv-modules": LIST},
            [f"gconv /{GCONV}/gconv-modules names B.so and 1 other module that the image does not have"],
        ),
        (
            {f"{GCONV}/gconv-modules.d/extra.conf": LIST, "opt/B.so": make_facts()},
            [f"gconv /{GCONV}/gconv-modules names A.so that the image does not have"],
        ),
        (
            {f"{GCONV}/gconv-modules": LIST, f"{GCONV}/gconv-modules.cache": _gconv_cache("<", b"/opt/gconv")},
            [f"gconv /{GCONV}/gconv-modules.cache names A.so that the image does not have"],
        ),
    ],
)
def test_character_sets_without_their_module_are_one_note(paths: Mapping[str, What], said: list[str]) -> None:
    assert _told(paths) == said


@pytest.mark.parametrize(("version", "provider"), [("2.36-9", "libc6"), ("2.41-12", "libc-gconv-modules-extra")])
def test_modules_for_character_sets_left_glibc_with_debian_13(version: str, provider: str) -> None:
    path = f"{GCONV}/gconv-modules"
    package = make_package("libc6", [path], version=version)
    found = prove(make_aboard({**SYSTEM, path: LIST}, packages=[package]))
    assert [one.provider for one in found] == [provider]


def test_glibc_without_any_module_for_character_sets_is_a_note() -> None:
    paths = {path: what for path, what in SYSTEM.items() if "gconv" not in path}
    message = "has no modules of gconv: iconv knows the character sets that are built in, and no other"
    assert told(prove(make_aboard(paths))) == [f"gconv /{LIB}/libc.so.6 {message}"]


def test_libraries_of_a_home_of_java_find_what_the_launcher_loaded() -> None:
    assert _told(JVM) == []


def test_what_no_home_of_java_has_is_missing_there_too() -> None:
    paths = {**JVM, f"{HOME}/lib/libsound.so": make_shared("libsound.so", "libjvm.so", "libasound.so.2")}
    assert _told(paths) == [f"needed-library /{HOME}/lib/libsound.so needs libasound.so.2, which is not in the image"]


def test_a_library_outside_of_the_home_does_not_find_the_virtual_machine() -> None:
    assert [line.split()[:2] for line in _told(JVM, {"opt/libx.so": make_shared("libx.so", "libjvm.so")})] == [
        ["needed-library", "/opt/libx.so"]
    ]


def test_the_first_virtual_machine_of_a_home_must_be_there() -> None:
    config = {f"{HOME}/lib/jvm.cfg": "-> /etc/java/jvm.cfg", "etc/java/jvm.cfg": b"-zero KNOWN\n-server KNOWN\n"}
    assert _told(JVM, config) == [
        f"java-virtual-machine /etc/java/jvm.cfg makes -zero the virtual machine, and /{HOME}/lib/zero/libjvm.so "
        "is not in the image"
    ]
