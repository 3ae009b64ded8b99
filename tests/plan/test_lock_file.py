from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import LockError
from bareboat.plan import lock_file
from bareboat.plan.lock import (
    BYTE_FORMAT,
    Lock,
    LockedArchive,
    LockedFile,
    LockedImage,
    LockedPackage,
    LockedStage,
    LockedUpstream,
)
from bareboat.plan.lock_file import format_lock, parse_lock


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


LOCK = Lock(
    archives=MappingProxyType(
        {
            "debian13/debian/trixie": LockedArchive(
                name="debian13/debian/trixie",
                codename="trixie",
                date=Epoch(1_750_000_000),
                valid_until=None,
                release=digest("release"),
                signed_by=("AA", "BB"),
            ),
            "debian13/debian-security/trixie-security": LockedArchive(
                name="debian13/debian-security/trixie-security",
                codename="trixie-security",
                date=Epoch(1_750_000_000),
                valid_until=Epoch(1_750_604_800),
                release=digest("security"),
                signed_by=("CC",),
                missing=("riscv64",),
            ),
        }
    ),
    packages=MappingProxyType(
        {
            "libc6=1:2.41-12:amd64": LockedPackage(
                name="libc6",
                version="1:2.41-12",
                architecture="amd64",
                source="glibc",
                source_version="2.41-12",
                archive="debian13/debian/trixie",
                path="pool/main/g/glibc/libc6_2.41-12_amd64.deb",
                size=2_847_000,
                sha256=digest("libc6"),
                depends="libgcc-s1",
                provides="libc6-2.41",
            ),
            "tzdata=2025b:all": LockedPackage(
                name="tzdata",
                version="2025b",
                architecture="all",
                source="tzdata",
                source_version="2025b",
                archive="debian13/debian/trixie",
                path="pool/main/t/tzdata/tzdata_2025b_all.deb",
                size=1,
                sha256=digest("tzdata"),
                seen=Epoch(1_740_000_000),
            ),
        }
    ),
    upstream=MappingProxyType(
        {
            "nodejs=24.1.0:amd64": LockedUpstream(
                name="nodejs",
                version="24.1.0",
                architecture="amd64",
                files=(
                    LockedFile(member="LICENSE", sha256=digest("licence"), size=3),
                    LockedFile(member="bin/node", sha256=digest("node"), size=7),
                ),
                evidence="pinned by the catalogue",
            )
        }
    ),
    images=MappingProxyType(
        {
            "nodejs24-debian13": LockedImage(
                name="nodejs24-debian13",
                wish=digest("wish"),
                stages=MappingProxyType(
                    {
                        "amd64": (
                            LockedStage(name="static", packages=("tzdata=2025b:all",)),
                            LockedStage(
                                name="nodejs24", packages=("libc6=1:2.41-12:amd64",), upstream=("nodejs=24.1.0:amd64",)
                            ),
                            LockedStage(name="debug:static", packages=()),
                        ),
                    }
                ),
                drift=("glibc: 2.41-12 on amd64, 2.41-11 on arm64",),
            )
        }
    ),
)

TEXT = f"""\
{{
 "bareboat-lock": 1,
 "byte-format": {BYTE_FORMAT},
 "archives": {{
  "debian13/debian-security/trixie-security": {{"codename": "trixie-security", "date": "2025-06-15T15:06:40Z", \
"valid-until": "2025-06-22T15:06:40Z", "release": "{digest("security")}", "signed-by": ["CC"], "missing": ["riscv64"]}},
  "debian13/debian/trixie": {{"codename": "trixie", "date": "2025-06-15T15:06:40Z", "valid-until": null, \
"release": "{digest("release")}", "signed-by": ["AA", "BB"]}}
 }},
 "packages": {{
  "libc6=1:2.41-12:amd64": {{"source": "glibc=2.41-12", "archive": "debian13/debian/trixie", \
"sha256": "{digest("libc6").hex}", "size": 2847000, "path": "pool/main/g/glibc/libc6_2.41-12_amd64.deb", \
"depends": "libgcc-s1", "provides": "libc6-2.41"}},
  "tzdata=2025b:all": {{"source": "tzdata=2025b", "archive": "debian13/debian/trixie", \
"sha256": "{digest("tzdata").hex}", "size": 1, "path": "pool/main/t/tzdata/tzdata_2025b_all.deb", \
"seen": "2025-02-19T21:20:00Z"}}
 }},
 "upstream": {{
  "nodejs=24.1.0:amd64": {{"evidence": "pinned by the catalogue", "files": \
{{"LICENSE": {{"sha256": "{digest("licence").hex}", "size": 3}}, \
"bin/node": {{"sha256": "{digest("node").hex}", "size": 7}}}}}}
 }},
 "images": {{
  "nodejs24-debian13": {{
   "wish": "{digest("wish")}",
   "content": "sha256:cb5937e57663e9c15851d41e172e23e9cc0d629097d1100a3cc58284153264a7",
   "drift": ["glibc: 2.41-12 on amd64, 2.41-11 on arm64"],
   "amd64": [
    {{"stage": "static", "packages": ["tzdata=2025b:all"]}},
    {{"stage": "nodejs24", "packages": ["libc6=1:2.41-12:amd64"], "upstream": ["nodejs=24.1.0:amd64"]}},
    {{"stage": "debug:static", "packages": []}}
   ]
  }}
 }}
}}
"""


def test_a_lock_has_one_thing_a_line() -> None:
    assert format_lock(LOCK) == TEXT


def test_reading_gives_back_what_was_written() -> None:
    assert parse_lock(TEXT, "bareboat.lock") == LOCK
    assert parse_lock(format_lock(Lock()), "bareboat.lock") == Lock()


def test_a_lock_that_was_laid_out_by_hand_is_written_in_order_again() -> None:
    document = json.loads(TEXT)
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in document.items()
    }
    text = json.dumps(dict(reversed(turned.items())), indent=4)
    assert format_lock(parse_lock(text, "bareboat.lock")) == TEXT


def test_a_lock_names_no_host() -> None:
    assert "://" not in TEXT


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"packages": ["tzdata=2025b:all"]', '"packages": []'),
        (digest("libc6").hex, digest("another").hex),
        (digest("node").hex, digest("another").hex),
        (str(digest("wish")), str(digest("another wish"))),
        ('"stage": "static"', '"stage": "base"'),
    ],
)
def test_a_decision_that_was_edited_by_hand_is_refused(written: str, instead: str) -> None:
    """What a merge that went through without a conflict can leave behind."""
    with pytest.raises(LockError) as caught:
        parse_lock(TEXT.replace(written, instead), "bareboat.lock")

    assert caught.value.message == (
        "bareboat.lock: images: nodejs24-debian13: does not hold what was decided: "
        "it was edited by hand, or merged badly"
    )


TZDATA = "bareboat.lock: packages: tzdata=2025b:all"
IMAGE = "bareboat.lock: images: nodejs24-debian13"
UNKNOWN = "which the lock does not have"
HEX = digest("tzdata").hex
CHANGES = {
    "conflict marks": (
        '"packages": {',
        '"packages": {\n<<<<<<< HEAD',
        "bareboat.lock:9: has conflict marks of a merge",
    ),
    "no end": (TEXT[-3:], "", "bareboat.lock: cannot read as JSON: "),
    "another shape": (
        '"bareboat-lock": 1',
        '"bareboat-lock": 2',
        "bareboat.lock: is of version 2, and this bareboat reads version 1",
    ),
    "no version": ('"bareboat-lock": 1,', "", "bareboat.lock: bareboat-lock is missing"),
    "another byte format": (
        f'"byte-format": {BYTE_FORMAT}',
        '"byte-format": 99',
        f"bareboat.lock: its bytes are of format 99, and this bareboat makes format {BYTE_FORMAT}",
    ),
    "a word for a number": ('"size": 1', '"size": "1"', f"{TZDATA}: size must be a whole number, not text"),
    "a negative size": ('"size": 1', '"size": -1', f"{TZDATA}: size is negative"),
    "no digest": (f'"sha256": "{HEX}", ', "", f"{TZDATA}: sha256 is missing"),
    "a digest in capitals": (HEX, HEX.upper(), f'bareboat.lock: cannot read "sha256:{HEX.upper()}" as a digest'),
    "an address": ('"pool/main/t', '"/pool/main/t', f'bareboat.lock: {TZDATA}: path: "/pool/main/t/tzdata/'),
    "a way out": ('"pool/main/t', '"pool/../../t', f"bareboat.lock: {TZDATA}: path: "),
    "a package without a name": (
        '"tzdata=2025b:all": {',
        '"tzdata": {',
        'bareboat.lock: packages: tzdata: "tzdata" is not name=version:architecture',
    ),
    "a version that is none": ('"tzdata=2025b:all": {', '"tzdata=-:all": {', "bareboat.lock: "),
    "an unknown package": (
        '["tzdata=2025b:all"]',
        '["tzdata=2026a:all"]',
        f'{IMAGE}: amd64: static: names "tzdata=2026a:all", {UNKNOWN}',
    ),
    "an unknown program": (
        '["nodejs=24.1.0:amd64"]',
        '["nodejs=24.1.1:amd64"]',
        f'{IMAGE}: amd64: nodejs24: names "nodejs=24.1.1:amd64", {UNKNOWN}',
    ),
    "an unknown archive": (
        f'"debian13/debian/trixie", "sha256": "{HEX}',
        f'"debian13/ours/x", "sha256": "{HEX}',
        f'{TZDATA}: names "debian13/ours/x", {UNKNOWN}',
    ),
    "an unknown architecture": ('"amd64": [', '"pdp11": [', 'bareboat.lock: unknown architecture "pdp11"'),
    "another name of an architecture": (
        '"amd64": [',
        '"x86_64": [',
        f'{IMAGE}: "x86_64" is not the name of an architecture',
    ),
    "a day that is none": ("2025-02-19T21:20:00Z", "2025-02-30T21:20:00Z", "bareboat.lock: cannot read"),
    "a day before 1970": (
        "2025-02-19T21:20:00Z",
        "1925-02-19T21:20:00Z",
        f'{TZDATA}: "1925-02-19T21:20:00Z" is before 1970',
    ),
    "half a character": ('"glibc=2.41-12"', '"gl\\ud800ibc=2.41-12"', "bareboat.lock: holds a character that is none"),
}


@pytest.mark.parametrize(("old", "new", "message"), CHANGES.values(), ids=CHANGES)
def test_a_lock_with_faults_is_refused_with_a_way_on(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(LockError) as caught:
        parse_lock(TEXT.replace(old, new), "bareboat.lock")
    assert caught.value.message.startswith(message)
    assert caught.value.hint is not None


@pytest.mark.parametrize("text", ["", "[]", "null", "1e999", "{}", "[" * 100_000, '{"bareboat-lock": true}', "\ud800"])
def test_what_is_no_lock_at_all_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        parse_lock(text, "bareboat.lock")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place inside a document."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


@given(st.data())
def test_whatever_is_written_into_a_lock_it_is_read_again_or_refused(data: st.DataObject) -> None:
    document = json.loads(TEXT)
    *above, last = data.draw(st.sampled_from([place for place in places(document) if place]))
    inside = document
    for key in above:
        inside = inside[key]
    if data.draw(st.booleans()):
        inside[last] = data.draw(json_values)
    else:
        del inside[last]
    check_stable(json.dumps(document))


words = st.sampled_from([
    "", "a", "A", "~", "-", "1", "1:2", "1:2-3", "-1", "1-", "=", ":", "=1", "a=1", "a=1:", "a=1:all", "a=-:all",
    "A=1:all", "/a", "a/", "a//b", "./a", "a/..", "..", "a/.b", "a\nb", "a=1:all\nb=2", "\0", "é", HEX,
    HEX.upper(), HEX[1:],
])  # fmt: skip


@given(st.data())
def test_a_usual_package_is_what_a_close_look_finds(data: st.DataObject) -> None:
    """A lock is read at a glance where it can be; looking closely at every package must come to the same."""
    document = json.loads(TEXT)
    identity = data.draw(st.sampled_from(sorted(document["packages"])))
    fields = document["packages"].pop(identity)
    key = data.draw(st.sampled_from(["", "seen", *fields]))
    value = data.draw(words | st.text(max_size=4) | json_values)
    if key:
        fields[key] = fields[key] + value if isinstance(fields.get(key), str) and isinstance(value, str) else value
    else:
        identity = str(value)
    document["packages"][identity] = fields
    text = json.dumps(document)
    with pytest.MonkeyPatch.context() as patch:
        at_a_glance = outcome(text)
        patch.setattr(lock_file, "_usual_package", lambda identity, fields: None)
        assert at_a_glance == outcome(text)


def outcome(text: str) -> object:
    try:
        return parse_lock(text, "bareboat.lock").packages
    except LockError as error:
        return error.message


@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.text(max_size=12))
def test_whatever_is_typed_into_a_lock_it_is_read_again_or_refused(start: int, length: int, typed: str) -> None:
    check_stable(TEXT[:start] + typed + TEXT[start + length :])


def check_stable(text: str) -> None:
    try:
        lock = parse_lock(text, "bareboat.lock")
    except LockError:
        return
    assert parse_lock(format_lock(lock), "bareboat.lock") == lock
    assert format_lock(lock).encode()


def test_pruning_keeps_what_images_have_and_the_archives_of_their_distros() -> None:
    assert LOCK.pruned() == LOCK
    alone = Lock(archives=LOCK.archives, packages=LOCK.packages, upstream=LOCK.upstream)
    assert alone.pruned() == Lock()
