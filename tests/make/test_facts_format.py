"""Records of contributions that were made with fewer facts of ELF files are made again, not misread."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.make.contribute import contribute
from bareboat.make.contribution import Treatment
from bareboat.make.elf_notes import Dlopen
from bareboat.make.part import PackagePart
from bareboat.make.tree import File
from tests.makers.bench import Bench
from tests.makers.elf import make_elf, make_library

HINTS = (Dlopen(sonames=("libwind.so.3",)),)


@pytest.mark.parametrize("facts", [None, 1, 99, "2"])
def test_a_record_with_other_facts_is_made_again_with_the_same_bytes(facts: object) -> None:
    bench = Bench()
    data = make_elf(replace(make_library("libsail.so.1"), dlopen=HINTS))
    package = bench.package("sail", files={"/usr/lib/libsail.so.1": data})
    part = PackagePart(package=package, treatment=Treatment())
    new = contribute(part, bench.workshop)
    _rewrite(bench, part.key, facts)

    again = contribute(part, bench.workshop)

    assert again == new
    elves = [entry.elf for entry in again.entries if isinstance(entry, File) and entry.elf is not None]
    assert [facts.dlopen for facts in elves] == [HINTS]
    assert json.loads(bench.store.get("contribution", part.key) or b"")["facts"] == 2


def _rewrite(bench: Bench, key: Digest, facts: object) -> None:
    """Make the record one of another format, as an earlier version wrote it: without hints."""
    record = json.loads(bench.store.get("contribution", key) or b"")
    record["facts"] = facts
    for entry in record["entries"]:
        if entry[0] == "f" and entry[-1] is not None:
            del entry[-1]["dlopen"], entry[-1]["rpath"]
    if facts is None:
        del record["facts"]
    bench.store.put("contribution", key, canonical(record))
