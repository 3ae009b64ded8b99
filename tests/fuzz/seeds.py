"""Valid inputs to begin with, by target."""

from __future__ import annotations

import base64
import gzip
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.path import ImagePath
from bareboat.debian.index import PackageIndex
from bareboat.make.contribution import Contribution, Member
from bareboat.make.elf import ElfFacts
from bareboat.make.layer import Layer
from bareboat.make.tree import Device, Directory, Hardlink, Symlink, file_of
from bareboat.oci.annotations import REF_NAME
from bareboat.oci.config import Execution
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.plan.lock import Lock, LockedArchive, LockedFile, LockedImage, LockedPackage, LockedStage, LockedUpstream
from bareboat.plan.lock_file import format_lock
from bareboat.store.layout import MARKER
from tests.makers import deb, layers
from tests.makers.archive import make_archive
from tests.makers.elf import make_elf, make_library
from tests.makers.image import make_image

SIGNED = Path(__file__).parent / "signed"
CORPUS = Path(__file__).parent / "corpus"

_SUM = Digest.of(b"x")


@cache
def seeds_of(name: str) -> tuple[bytes, ...]:
    """The seeds of a target, and what was kept of it in the corpus."""
    kept = [file.read_bytes() for file in sorted((CORPUS / name).glob("*"))]
    return (*_SEEDS[name](), *kept)


def _packages() -> list[bytes]:
    entries = [
        deb.directory("usr"), deb.file("usr/a", b"content", xattrs={"user.x": b"1"}), deb.hardlink("usr/b", "usr/a"),
        deb.symlink("usr/c", "a"), deb.file("usr/" + "long" * 40, b""),
    ]  # fmt: skip
    programs = [deb.file("bin/sh", b"#!/bin/sh\n", mode=0o755), deb.file("usr/bin/ls", b"x" * 600)]
    return [
        _package(deb.with_parents(programs)), _package(entries), _package(entries, compression="none", pax=True),
        *(_package(entries[2:], compression=name) for name in ("xz", "gz", "bz2", "zst")),
    ]  # fmt: skip


def _package(entries: Sequence[deb.Entry], *, compression: str = "none", pax: bool = False) -> bytes:
    control = [
        deb.directory("."), deb.file("control", b"Package: x\nVersion: 1\nArchitecture: all\n"),
        deb.file("md5sums", b"0" * 32 + b"  usr/a\n"), deb.file("conffiles", b"/etc/x\n"),
        deb.file("postinst", b"exit\n"),
    ]  # fmt: skip
    style = tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT
    return deb.raw_deb(control=_slim(deb.tar(control)), data=_slim(deb.tar(entries, tar_format=style)),
                       compression=compression)  # fmt: skip


def _slim(tar: bytes) -> bytes:
    """`tar` with no more than the two blocks of zeros that end it."""
    plain = tar.rstrip(b"\0")
    return plain + bytes(-len(plain) % 512 + 1024)


def _tars() -> list[bytes]:
    items = [
        layers.folder("etc"), layers.file("etc/motd", b"hi\n" * 3), layers.symlink("bin", "usr/bin"),
        layers.hard_link("etc/same", "etc/motd"), layers.whiteout("etc/old"), layers.opaque("etc"),
        layers.file("x", records={"SCHILY.xattr.user.a": "b", "mtime": "1.5", "uid": "1000", "size": "0"}),
        layers.file("etc/" + "d/" * 60 + "f", b"x"),
    ]  # fmt: skip
    entries = [deb.file("a" * 120, b"x" * 10), deb.symlink("l", "t" * 120), deb.device("dev/null")]
    return [
        layers.make_raw_tar(items[:4]), layers.make_raw_tar(items[4:]),
        layers.make_raw_tar(items[:3], tarfile.USTAR_FORMAT),
        _slim(deb.tar(entries)), _slim(deb.tar(entries, tar_format=tarfile.PAX_FORMAT)),
        _slim(deb.tar([deb.file("a/b", b"x", uid=1 << 40, mtime=1 << 35), deb.file("a/c", xattrs={"user.y": b"z"})])),
    ]  # fmt: skip


def _streams() -> list[bytes]:
    text = b"some text that is compressed " * 20
    plain = [deb.compress(text, name) for name in ("none", "gz", "bz2", "xz", "zst")]
    return [bytes([number]) + data + data * (number % 2) for number, data in enumerate(plain)] + [
        bytes([number]) + data for number, data in enumerate((text, gzip.compress(text, mtime=0), plain[4]))
    ]


def _release() -> list[bytes]:
    packages, architectures = [deb.make_deb("a")], ["amd64", "all"]
    return [make_archive(packages, valid_until=1_760_000_000, unsigned=True, architectures=architectures).release]


def _index() -> list[bytes]:
    packages = [
        deb.make_deb("libc6", depends="libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)", provides="libc6-2.41 (= 2.41-1), x",
                     conflicts="a (<< 1) | b", multi_arch="same", source="glibc (2.41)", description="one\n two\n ."),
        deb.make_deb("a", "1:2-3", pre_depends="libc6", essential=True),
    ]
    files = make_archive(packages, compressions=["none"], unsigned=True).files
    return [data for path, data in files.items() if path.endswith("/Packages")]


_VERSIONS = [
    b"1.0", b"1:2.41-12", b"0~rc1+dfsg-1ubuntu3~bpo12+1", b"24.21.0+dfsg+~cs24.13.4-1", b"1.3.dfsg+really1.3.1-1",
    b"2147483647:0", b"9" * 60, b"1.~~", b"a", b"0", b"1-1-1", b"1:1:1",
]  # fmt: skip

_RELATIONS = [
    b"libc6 (>= 2.38), libgcc-s1:any (<< 4:1~) | x [amd64 !i386] <!nocheck> <stage1 cross>", b"a", b"a, b | c|d,",
    b"x (= 1) [linux-any any-arm]", b"perl:any (>> 5)\n , y (< 1)", b"libx [!amd64 !arm64]", b"default-mta | m-t-a",
]  # fmt: skip

_COPYRIGHT = b"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: 2020 somebody
License: GPL-2+ with OpenSSL exception and (Expat or Apache-2.0), BSD-3-clause
 text
 .
 more

License: LGPL-2.1 or/and CC0
# a comment
"""

_SCRIPT = b"""#!/bin/sh
set -e
# Automatically added by dh_installsystemd/13.11
if [ "$1" = "configure" ]; then :; fi
# End automatically added section
case "$1" in
  configure|abort) ldconfig ;;
esac
echo "x" >&2
exit 0
"""


def _elves() -> list[bytes]:
    some = [
        ElfFacts(bits=bits, little_endian=little, machine=62, flags=0, kind="DYN", interpreter="/lib64/ld.so.2",
                 soname="libx.so.1", needed=("libc.so.6", "libm.so.6"), runpath=("/opt/lib", "$ORIGIN"),
                 needs=(("libc.so.6", ("GLIBC_2.17", "GLIBC_2.34")),), defines=("X_1", "X_2"))
        for bits in (32, 64) for little in (True, False)
    ]  # fmt: skip
    return [make_elf(facts) for facts in [*some, make_library(None)]]


def _documents() -> tuple[bytes, bytes, bytes]:
    """An index, its manifest and its configuration."""
    made = make_image(
        [{"etc/motd": b"hi\n"}],
        config=Execution(
            user="0:0", exposed_ports=("80/tcp",), env=("A=b",), entrypoint=("/x",), cmd=("y",), volumes=("/data",),
            working_dir="/", labels={"a": "b"}, stop_signal="SIGTERM",
        ),
        annotations={"org.opencontainers.image.created": "2026-01-31T12:00:00Z"},
    )  # fmt: skip
    index = Index.of_platforms([
        made.descriptor.with_annotations({REF_NAME: "app:latest"}),
        Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=_SUM, size=3,
                   platform=Platform(architecture="arm", variant="v7"), urls=("https://mirror.example/x",)),
    ])
    return index.to_bytes(), made.manifest.to_bytes(), made.config.to_bytes()


def _configs() -> list[bytes]:
    fields = json.loads(_documents()[2])
    fields["config"]["Healthcheck"] = {"Test": ["CMD", "x"], "Interval": 30_000_000_000, "Retries": 3}
    return [_documents()[2], json.dumps(fields).encode()]


def _archives() -> list[bytes]:
    index, manifest, config = _documents()
    blobs = {f"blobs/sha256/{Digest.of(data).hex}": data for data in (manifest, config)}
    files = {"oci-layout": MARKER, "index.json": index, **blobs}
    return [layers.make_raw_tar([layers.file(name, data) for name, data in files.items()], style)
            for style in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT)]  # fmt: skip


def _publishers() -> list[bytes]:
    plain = _slim(deb.tar([
        deb.Entry("node/bin/node", b"\x7fELF" * 9), deb.Entry("node/LICENSE", b"MIT"),
        deb.symlink("node/bin/npm", "../x"),
    ]))  # fmt: skip
    return [deb.compress(plain, name) for name in ("none", "gz", "xz", "bz2")] + [
        _slim(deb.tar([deb.Entry("package/bin/node", b"x", xattrs={"user.a": b"b"})]))
    ]


def _lock() -> Lock:
    moment = Epoch(1_750_000_000)
    archive = LockedArchive(name="debian13/debian/trixie", codename="trixie", date=moment, valid_until=moment,
                            release=_SUM, signed_by=("AA", "BB"), missing=("riscv64",))  # fmt: skip
    package = LockedPackage(
        name="libc6", version="1:2.41-12", architecture="amd64", source="glibc", source_version="2.41-12",
        archive=archive.name, path="pool/main/g/glibc/libc6_2.41-12_amd64.deb", size=1000, sha256=_SUM,
        depends="libgcc-s1 (>= 3)", provides="x (= 1)", seen=moment,
    )  # fmt: skip
    program = LockedUpstream(name="nodejs", version="24.1.0", architecture="amd64", evidence="pinned",
                             files=(LockedFile(member="bin/node", sha256=_SUM, size=5),))  # fmt: skip
    stage = LockedStage(name="base", packages=(package.id,), upstream=(program.id,))
    image = LockedImage(name="app", wish=_SUM, stages={"amd64": (stage,), "arm64": ()}, drift=("glibc",))
    return Lock(
        archives={archive.name: archive}, packages={package.id: package}, upstream={program.id: program},
        images={image.name: image},
    )  # fmt: skip


_CONFIGURATIONS = [
    b"images: {app: {from: base}}\n",
    b"""distro: debian13
compression: zstd
mirrors: ["https://mirror.example/debian"]
defaults: {labels: {team: shop}, architectures: [amd64, arm64]}
sources:
  - {name: other, url: https://mirror.example/x, suite: trixie, components: [main], keys: [k.asc], priority: 990}
images:
  orders-api:
    from: python3
    packages: [libpq5=15.3-1, -tzdata-legacy, {package: zlib1g}, "a (>= 1) | b [amd64]"]
    omit: [{package: libldap2, reason: none}]
    files: [{path: /etc/x, text: "y", mode: "0640", owner: "0:0"}, {path: /bin/l, link: ../x}]
    accounts: {users: [{name: a, uid: 1000}], groups: [{name: g, gid: 1, members: [a]}]}
    env: {TZ: UTC, A: null}
    entrypoint: [/bin/a, 3.10]
    ports: [8080, 53/udp]
    healthcheck: {test: [/x], interval: 30s, retries: 3}
    layers: {budget: 8}
    max-size: 25MB
    created: 2026-01-31T12:00:00Z
    debug: {packages: [gdb]}
    distros: {debian12: {from: base}}
""",
    b"""defaults: &d {env: {A: "1"}}
images:
  a: &a {from: b, packages: [x]}
  b: {from: a}
  c: *a
""",
    b"""images:
  web:
    from: base
    components: [healthcheck]
    healthcheck: {http: "http://[::1]:8080/x", status: "200-299,404", headers: {Host: a}, socket: /run/s, timeout: 2s}
    distros:
      debian13: {healthcheck: {grpc: "unix:/run/s", service: a.B}}
      debian12: {healthcheck: {tcp: "localhost:1"}}
""",
]

_APT = [
    b"deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive.gpg] http://mirror.example/debian trixie main\n",
    b"Types: deb\nURIs: http://mirror.example/debian/ file:/srv\nSuites: trixie trixie-updates\nComponents: main\n"
    b"Signed-By:\n -----BEGIN\n .\nEnabled: yes\n\nTypes: deb-src\n",
    b'Acquire::http::Proxy "http://127.0.0.1:3142"; // x\nAcquire { https { Proxy "DIRECT"; }; };\n',
]  # fmt: skip


def _npm_documents() -> list[bytes]:
    integrity = "sha512-" + base64.b64encode(bytes(64)).decode()
    key = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL"
           "7JlCQiVnkhBktUgg==")  # fmt: skip
    document = {
        "dist": {"integrity": integrity, "tarball": "https://mirror.example/x.tgz",
                 "signatures": [{"keyid": "SHA256:a", "sig": "MEUCIQDL"}]},
        "keys": [{"keyid": "SHA256:a", "keytype": "ecdsa-sha2-nistp256", "key": key, "expires": None}],
    }  # fmt: skip
    return [json.dumps(document).encode()]


_ANSWERS = [
    b"Content-Range: bytes 5-99/100\nContent-Length: 95\nETag: \"x\"\nRetry-After: 120\n\n",
    b"Retry-After: Fri, 31 Dec 2027 23:59:59 GMT\nDate: Fri, 31 Dec 2027 23:59:00 GMT\n\n<!-- x --> <!doctype html>",
    b"\n\n<html><!-- a --><!-- b -->",
]  # fmt: skip

_LOADER = [b"include /etc/ld.so.conf.d/*.conf\n/opt/lib # x\0/usr/lib/x=libc6\nhwcap 1 a\0include ../*/[a-z]?\n"]


def _records() -> list[bytes]:
    layer = Layer(digest=_SUM, size=1, diff_id=_SUM, unpacked_size=2, compression="gzip-6", moment=Epoch(3), about="x",
                  packages=("a=1:amd64",), saved={"docs": 1}, warnings=("w",), licences=("MIT",))  # fmt: skip
    common = {"origin": "package:x", "mode": 0o755}
    entries = (
        Directory(path=ImagePath("a"), **common),
        file_of("a/b", b"x", origin="package:x"),
        Symlink(path=ImagePath("a/c"), target="b", xattrs=(("user.x", b"y"),), **common),
        Hardlink(path=ImagePath("a/d"), target=ImagePath("a/b"), **common),
        Device(path=ImagePath("a/e"), kind="char", major=1, minor=3, **common),
    )
    contribution = Contribution(package="x", entries=entries, members=(Member(_SUM, 1, 2),), moment=Epoch(1), kept=_SUM)
    return [layer.to_bytes(), contribution.to_bytes(), bytes(7) + b"\3abc" + bytes(8)]


def _pem() -> list[bytes]:
    both = (SIGNED / "authorities.pem").read_bytes()
    return [both.partition(b"#")[0], both]


def _der() -> list[bytes]:
    return [base64.b64decode(b"".join(_pem()[0].split(b"\n")[1:-2]))]


_REGISTRY = [
    b'WWW-Authenticate: Bearer realm="https://auth.example/token",service=x,scope="repository:a:pull", Basic realm=a'
    b'\n\n{"errors": [{"code": "DENIED", "message": "see https://me:pw@host/?a", "detail": {}}]}',
    b"Content-Type: application/vnd.oci.image.index.v1+json\nContent-Length: 44\n"
    b'Link: </v2/a/tags/list?last=b>; rel="next"\n\n{"schemaVersion": 2, "manifests": []}',
]
_LOGINS = [
    b'{"auths": {"https://index.docker.io/v1/": {"auth": "bWU6cHc="}, "registry.example/team": {"username": "a",'
    b' "password": "b"}, "registry.example": {"identitytoken": "t"}}, "psFormat": "x"}',
]
_MIRRORS = (
    b'[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\ninsecure = true\n[[registry.mirror]]\n'
    b'location = "mirror.example/x"\npull-from-mirror = "tag-only"\n[[registry]]\nprefix = "*.example:5000"\n'
    b"blocked = false\n"
)

_SEEDS: Mapping[str, Callable[[], list[bytes]]] = {
    "ar": lambda: [deb.ar([("debian-binary", b"2.0\n"), ("control.tar", b"x" * 7), ("_x", b"")]), deb.ar([])],
    "tar": _tars, "layer": _tars, "changeset": _tars,
    "deb": _packages, "unpack": _packages,
    "inflate": _streams, "payload": _streams,
    "paragraph": lambda: [b"Package: a\nDepends: b,\n c\n# x\n\nPackage: b\n .\n"],
    "release": _release, "packages": _index,
    "prepared": lambda: [PackageIndex.parse(data, "x").prepare() for data in _index()],
    "inrelease": lambda: [(SIGNED / "InRelease").read_bytes()],
    "signature": lambda: [(SIGNED / "Release.gpg").read_bytes()],
    "keyring": lambda: [(SIGNED / "certificate.asc").read_bytes()],
    "relations": lambda: _RELATIONS, "version": lambda: _VERSIONS,
    "md5sums": lambda: [b"0123456789abcdef" * 2 + b"  usr/x\n\\" + b"0123456789ABCDEF" * 2 + b" *a\\nb\\\\\n"],
    "copyright": lambda: [_COPYRIGHT], "script": lambda: [_SCRIPT], "elf": _elves,
    "index": lambda: [_documents()[0]], "manifest": lambda: [_documents()[1]], "config": _configs,
    "layout": lambda: [b"\n".join([*_documents(), MARKER])], "archive": _archives,
    "reference": lambda: [b"registry.example:5000/team/image:tag@sha256:" + b"a" * 64, b"debian", b"[::1]:80/a/b__c",
                          b"linux/arm/v7", b"sha512:" + b"0" * 128, b"localhost/x--y.z"],
    "lock": lambda: [format_lock(_lock()).encode(), b'{"bareboat-lock": 1}'],
    "configuration": lambda: _CONFIGURATIONS, "apt": lambda: _APT,
    "registry": lambda: _REGISTRY, "logins": lambda: _LOGINS, "mirrors": lambda: [_MIRRORS],
    "npmrc": lambda: [b"registry=https://mirror.example/npm/\n//mirror.example/:_authToken=${TOKEN}\n; x\n"],
    "npm": _npm_documents, "publisher": _publishers, "answer": lambda: _ANSWERS, "ldconf": lambda: _LOADER,
    "pem": _pem, "der": _der, "record": _records,
}  # fmt: skip
