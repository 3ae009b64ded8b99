"""A small project that is built already, and ways to change what was built so that all digests fit again.

    project = make_built_project(tmp_path)
    tamper(project, tar=header(b"usr/bin/hello", MODE, b"0004755\0"))
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.store.blobs import read
from bareboat.store.layout import Layout
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

HELLO = """\
distro: debian13
images:
  hello:
    from: scratch
    packages: [hello]
    architectures: [amd64]
    variants: [latest, nonroot]
    env: {GREETING: hi}
    files: [{path: /etc/hello.toml, text: "# greets\\ngreeting = 1\\n"}]
    entrypoint: [/usr/bin/hello]
"""
MODE, MTIME = 100, 136
"""Where these fields begin in a tar header, in bytes."""

BUILD = ("build", "--frozen", "--offline", "--quiet", "--no-check")

Change = Callable[[bytes], bytes]


def make_built_project(folder: Path) -> Project:
    """`hello`, for amd64 in two variants, in the layout `out`."""
    program = make_deb("hello", files={"/usr/bin/hello": b"hello"}, depends="libhello1")
    library = make_deb("libhello1", files={"/usr/lib/libhello.so.1": b"library"})
    made = make_project(folder, HELLO, [program, library])
    assert made.run(*BUILD) == 0
    return made


def wish(project: Project, old: str, new: str) -> None:
    """Put `new` for `old` in the configuration."""
    path = project.folder / "bareboat.yaml"
    path.write_text(path.read_text().replace(old, new))


def tamper(project: Project, *, tar: Change | None = None, config: Change | None = None) -> None:
    """Change `hello:latest` in its layer or its configuration, and make all digests fit again."""
    layout = Layout(project.folder / "out")
    manifest = layout.read_manifest(layout.find("hello:latest"))
    image = read(layout, manifest.config.digest)
    layers = manifest.layers
    if tar is not None:
        packed = read(layout, layers[0].digest)
        plain = tar(gzip.decompress(packed))
        packed = gzip.compress(plain, mtime=0)
        layout.add([packed])
        old = json.loads(image)["rootfs"]["diff_ids"][0]
        image = image.replace(old.encode(), str(Digest.of(plain)).encode())
        layers = (Descriptor.of(layers[0].media_type, packed),)
    image = image if config is None else config(image)
    layout.add([image])
    described = ImageConfig.parse(image)
    manifest = replace(manifest, config=described.descriptor(), layers=layers)
    object.__setattr__(manifest, "raw", None)
    layout.add([manifest.to_bytes()])
    annotations = layout.read_index(layout.images["hello:latest"]).annotations
    index = Index.of_platforms([manifest.descriptor(described.platform)], annotations)
    layout.add([index.to_bytes()])
    layout.put([(("hello:latest",), index.descriptor())])
    layout.put([(("hello:latest-amd64",), manifest.descriptor(described.platform))])


def header(path: bytes, at: int, value: bytes) -> Change:
    """Put `value` at the offset `at` into the tar header of `path`, and make its checksum fit."""

    def change(tar: bytes) -> bytes:
        start = tar.index(path + b"\0")
        block = bytearray(tar[start : start + 512])
        block[at : at + len(value)] = value
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return tar[:start] + bytes(block) + tar[start + 512 :]

    return change
