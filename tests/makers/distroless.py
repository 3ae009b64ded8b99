"""Makes a small image that fulfils the contract, file by file, so that a test can break one thing of it.

    make_distroless(lambda items: items.pop("etc/nsswitch.conf"))
    make_distroless(config={"user": "nobody"}, above=[whiteout("etc/motd")])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import md5

from bareboat.make.elf import ElfFacts
from bareboat.oci.annotations import DISTRO, FORMAT, VARIANT, WISHES
from bareboat.oci.config import Execution, History
from tests.makers.aboard import LIB, LOADER, make_cache, make_program, make_shared
from tests.makers.elf import make_elf
from tests.makers.image import Made
from tests.makers.layers import Item, file, folder, make_image_of, make_raw_tar, symlink

Items = dict[str, Item]

PASSWD = b"""root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
"""
GROUP = b"root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
RELEASE = b'PRETTY_NAME="Distroless"\nID="debian"\nVERSION_ID="13"\n'
PROGRAM = make_program("libmast.so.1", kind="EXEC")
LIBRARY = make_shared("libmast.so.1")

CONFIG = Execution(
    user="65532",
    env=("PATH=/usr/bin:/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"),
    entrypoint=("/usr/bin/sail",),
    working_dir="/home/nonroot",
    stop_signal="SIGTERM",
    exposed_ports=("8080/tcp",),
)
ANNOTATIONS = {FORMAT: "1", DISTRO: "debian13", VARIANT: "nonroot", WISHES: "static: base-files; sail: sail"}

_PACKAGES = {
    "base-files": ["usr/share/base-files/motd"],
    "ca-certificates": ["usr/share/doc/ca-certificates/copyright"],
    "netbase": ["etc/services"],
    "sail": ["usr/bin/sail", f"{LIB}/libmast.so.1"],
}


def sound_items() -> Items:
    """Every entry of the image by its path; the folders above are made where they are missing."""
    files = {
        "etc/passwd": PASSWD,
        "etc/group": GROUP,
        "etc/nsswitch.conf": b"passwd: files\nhosts:  files dns\n",
        "etc/services": b"http 80/tcp\n",
        "etc/ssl/certs/ca-certificates.crt": b"-----BEGIN CERTIFICATE-----\n",
        "etc/ld.so.cache": make_cache({"libmast.so.1": f"/{LIB.removeprefix('usr/')}/libmast.so.1"}),
        "usr/lib/os-release": RELEASE,
        "usr/share/base-files/motd": b"ahoy\n",
        "usr/share/doc/ca-certificates/copyright": b"public\n",
        f"{LIB}/libmast.so.1": make_elf(LIBRARY),
    }
    items: Items = {path: file(path, data) for path, data in files.items()}
    items["usr/bin/sail"] = file("usr/bin/sail", make_elf(PROGRAM), mode=0o755)
    items[f"usr{LOADER}"] = file(f"usr{LOADER}", make_elf(make_shared("ld-linux-x86-64.so.2")), mode=0o755)
    items["etc/os-release"] = symlink("etc/os-release", "../usr/lib/os-release")
    for name in ("bin", "lib", "lib64"):
        items[name] = symlink(name, f"usr/{name}")
    items["tmp"] = folder("tmp", mode=0o1777)
    items["root"] = folder("root", mode=0o700)
    items["home/nonroot"] = folder("home/nonroot", mode=0o700, uid=65532, gid=65532)
    for name, listed in _PACKAGES.items():
        control = f"Package: {name}\nVersion: 1.0-1\nArchitecture: amd64\n"
        sums = "".join(f"{md5(items[path].data).hexdigest()}  {path}\n" for path in listed)
        for path, text in ((name, control), (f"{name}.md5sums", sums)):
            items[f"var/lib/dpkg/status.d/{path}"] = file(f"var/lib/dpkg/status.d/{path}", text.encode())
    return items


def make_distroless(
    change: Callable[[Items], object] | None = None,
    *,
    config: Mapping[str, object] | None = None,
    annotations: Mapping[str, str] | None = None,
    above: Sequence[Item] = (),
    raw: Sequence[Item] = (),
    architecture: str = "amd64",
) -> Made:
    """The image of `sound_items`, the way `change` leaves them.

    Args:
        change: What to do to the entries; told them by path.
        config: Fields of `CONFIG` to put others in the place of.
        annotations: More than `ANNOTATIONS`, or others.
        above: The entries of a second layer.
        raw: Entries behind the others, exactly as they are.
        architecture: OCI's name.
    """
    items = sound_items()
    if change is not None:
        change(items)
    above_them = {path[:end] for path in items for end in range(len(path)) if path[end] == "/"}
    items |= {path: folder(path) for path in above_them if path not in items}
    layers = [[*(items[path] for path in sorted(items)), *raw], *([list(above)] if above else [])]
    return make_image_of(
        [make_raw_tar(layer) for layer in layers],
        history=[History(created_by=f"layer {number}") for number in range(len(layers))],
        annotations={**ANNOTATIONS, **(annotations or {})},
        config=replace(CONFIG, **(config or {})),  # type: ignore[arg-type]
        architecture=architecture,
    )


def put(path: str, data: bytes = b"", **said: object) -> Callable[[Items], object]:
    """A change that puts a file at `path`."""
    return lambda items: items.update({path: file(path, data, **said)})


def changed(path: str, **said: object) -> Callable[[Items], object]:
    """A change of fields of the entry at `path`."""
    return lambda items: items.update({path: replace(items[path], **said)})  # type: ignore[arg-type]


def removed(*paths: str) -> Callable[[Items], object]:
    """A change that takes entries away."""
    return lambda items: [items.pop(path) for path in paths]


def elf(facts: ElfFacts) -> bytes:
    """The bytes of an ELF file."""
    return make_elf(facts)
