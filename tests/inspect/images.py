"""The image that the tests of this room look at: three stages, links, an alternative, a name that is provided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.oci.config import Execution
from bareboat.plan.lock import Lock, LockedPackage
from bareboat.store.layout import Layout
from tests.makers.debian_image import Deb, make_debian_image
from tests.makers.image import Made, make_layout
from tests.makers.layers import file, folder, symlink

LIB = "usr/lib/x86_64-linux-gnu"
WISHES = "static: base-files; cc: libc6; python3: python3.13-minimal libssl3"

BASE_FILES = Deb(name="base-files", architecture="all", files={"usr/share/base-files/motd": b"hi\n"})
LIBC = Deb(
    name="libc6",
    version="2.41-12",
    files={f"{LIB}/libc.so.6": b"c" * 2000},
    fields={"Source": "glibc", "Depends": "libgcc-s1"},
)
LIBGCC = Deb(
    name="libgcc-s1",
    version="14.2.0-19",
    files={f"{LIB}/libgcc_s.so.1": b"g" * 300},
    fields={"Source": "gcc-14 (14.2.0-18)", "Depends": "libc6 (>= 2.35)", "Installed-Size": "999"},
)
LIBFFI = Deb(
    name="libffi8",
    version="3.4.8-2",
    files={f"{LIB}/libffi.so.8.1.4": b"f" * 100},
    fields={"Depends": "libc6 (>= 2.4)"},
)
STDLIB = Deb(
    name="libpython3.13-stdlib",
    version="3.13.5-2",
    files={"usr/lib/python3.13/os.py": b"pass\n"},
    fields={
        "Source": "python3.13",
        "Depends": "libffi8 (>= 3.4), libssl3 (>= 3.0.0), awk | mime-support, libabsent (>= 1)",
        "Pre-Depends": "libc6",
    },
)
MINIMAL = Deb(
    name="python3.13-minimal",
    version="3.13.5-2",
    files={"usr/bin/python3.13": b"p" * 700, "etc/python3.13/site.py": b"s"},
    fields={"Source": "python3.13", "Depends": "libpython3.13-stdlib (= 3.13.5-2)"},
)
LIBSSL = Deb(
    name="libssl3t64",
    version="3.5.6-1",
    lists_files=False,
    files={f"{LIB}/libssl.so.3": b"s" * 40},
    fields={"Provides": "libssl3 (= 3.5.6-1)", "Installed-Size": "7", "Depends": "libc6"},
)
STAGES = [
    (
        "static",
        [
            *(folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib"), folder("etc")),
            *(BASE_FILES, symlink("etc/localtime", "/usr/share/zoneinfo/UTC")),
        ],
    ),
    ("cc", [LIBC, LIBGCC, file("etc/ld.so.cache", b"cache")]),
    ("python3", [LIBFFI, STDLIB, MINIMAL, LIBSSL, symlink(f"{LIB}/libffi.so.8", "libffi.so.8.1.4")]),
]  # fmt: skip
CONFIG = Execution(
    user="65532",
    env=("PATH=/usr/bin", "LANG=C.UTF-8"),
    entrypoint=("/usr/bin/python3.13",),
    working_dir="/home/nonroot",
    exposed_ports=("8080/tcp",),
    labels={"b": "2", "a": "1"},
)


def python_image(*, wishes: str | None = WISHES, annotations: Mapping[str, str] | None = None) -> Made:
    return make_debian_image(STAGES, wishes, config=CONFIG, annotations=annotations)


def python_layout(folder: Path, *, wishes: str | None = WISHES) -> Layout:
    """The image for amd64, and a small one of the same name for arm."""
    small = make_debian_image([("static", [BASE_FILES])], architecture="arm", variant="v7")
    both = [python_image(wishes=wishes, annotations={"org.example.note": "n"}), small]
    return make_layout(folder, {"python3:latest": both, "python3-debian13:latest": both, "tiny:latest": small})


LOCK = Lock(
    packages={
        package.id: package
        for package in (
            LockedPackage(
                name=name, version=version, architecture="amd64", source=name, source_version=version,
                archive="debian/trixie", path=f"pool/main/{name}.deb", size=1, sha256=Digest.of(name.encode()),
            )
            for name, version in (("libc6", "2.41-12"), ("libffi8", "3.4.9-1"))
        )
    }
)  # fmt: skip
