"""What a build notes of its layers is what reading their bytes would give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bareboat.inspect.layer_facts import facts_key, layer_facts
from bareboat.inspect.layer_record import LayerFacts, facts_from
from bareboat.inspect.made_facts import MADE_KIND, witness
from bareboat.make.layer import Layer
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from bareboat.store.entry import EntryKind
from tests.makers.bench import ACCOUNTS, Bench, assemble, make_file, make_stage
from tests.makers.deb import file, hardlink, symlink
from tests.makers.elf import make_elf, make_library

SCRIPT = b"#!/usr/bin/env python3 -I \nprint()\n"
KEY = b"-----BEGIN RSA PRIVATE KEY-----\n"
LIBRARY = make_elf(make_library("libx.so.1", needed=("libc.so.6",)))


def by_path(facts: LayerFacts) -> dict[str, Any]:
    """Facts by path: a build numbers files in another way than a tar does."""
    names = {change.offset: change.entry.path for change in facts.changes if change.entry.kind is EntryKind.file}

    def named(values: dict[int, Any]) -> dict[str, Any]:
        return {names[number]: value for number, value in values.items()}

    return {
        "entries": [change.entry for change in facts.changes],
        "elves": named(dict(facts.elves)),
        "unsound": named(dict(facts.unsound)),
        "scripts": named(dict(facts.scripts)),
        "contents": named(dict(facts.contents)),
        "md5s": named(dict(facts.md5s)),
        "private-keys": {names[number] for number in facts.private_keys},
        "diff-id": facts.diff_id,
    }


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
def test_a_build_notes_what_reading_the_layer_would_give(compressed: str) -> None:
    bench = Bench(compressed)
    made: list[Layer] = []

    def see(layer: Layer, composition: Any) -> None:
        made.append(layer)
        witness(layer, composition, bench.store)

    workshop = replace(bench.workshop, witness=see)
    tool = bench.package(
        "tool",
        entries=[
            file("./usr/bin/tool", SCRIPT, mode=0o755), hardlink("./usr/bin/too", "./usr/bin/tool"),
            symlink("./usr/bin/t", "tool"), file("./etc/ssl/openssl.cnf", b"[providers]\n"),
            file("./etc/tool/key.pem", KEY), file("./usr/share/empty", b""),
        ],
    )  # fmt: skip
    library = bench.package("libx1", files={
        "/usr/lib/x86_64-linux-gnu/libx.so.1": LIBRARY, "/usr/share/x/broken.so": b"\x7fELFbroken",
    })  # fmt: skip
    order = bench.order(
        make_stage("static", bench.base_files(), accounts=ACCOUNTS, effects=["accounts", "nsswitch", "os-release"]),
        make_stage(
            "app", tool, library, bench_program(bench), effects=["ldcache"],
            files=[make_file("/app/run", text=SCRIPT.decode(), mode=0o755), make_file("/etc/k", text=KEY.decode())],
        ),
    )  # fmt: skip

    layers = assemble(order, workshop).of(debug=False)

    assert made == list(layers)
    for layer in layers:
        record = bench.store.get(MADE_KIND, facts_key(layer.digest, Compression(layer.compression)))
        noted = facts_from(record or b"")
        media_type = Compression(layer.compression).layer_type
        descriptor = Descriptor(media_type=media_type, digest=layer.digest, size=layer.size)
        assert noted is not None
        assert by_path(noted) == by_path(layer_facts(bench.store, descriptor, layer.diff_id))
    last = by_path(noted)
    assert set(last["elves"]) == {"usr/bin/prog", "usr/lib/x86_64-linux-gnu/libx.so.1"}
    assert set(last["unsound"]) == {"usr/share/x/broken.so"}
    assert set(last["scripts"]) == {"usr/bin/too", "app/run"}
    assert last["private-keys"] == {"etc/tool/key.pem", "etc/k"}
    assert {"etc/ld.so.cache", "etc/ssl/openssl.cnf"} <= set(last["contents"])
    assert "usr/share/empty" in last["md5s"]


def bench_program(bench: Bench) -> Any:
    """A package with a program, so that the loader's cache has something to say."""
    return bench.package("prog", files={"/usr/bin/prog": make_elf(make_library(None, needed=("libx.so.1",)))})
