"""The chain of trust from a mirror's bytes to an index: every way in which it can be broken."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import (
    BareboatError,
    ConfigurationError,
    DigestMismatchError,
    ExpiredError,
    FetchError,
    FormatError,
    LimitError,
    NotFoundError,
    OfflineError,
    RollbackError,
    SignatureError,
    TrustError,
)
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import LockedArchive
from bareboat.plan.refresh import Refreshed, Refresher, SuiteRequest
from bareboat.store.fetch import Fetcher
from bareboat.store.limits import DEFAULT as LIMITS
from bareboat.store.memory import MemoryStore
from bareboat.store.remembered import Answer, RememberedTransport
from tests.makers.archive import DATE, Archive, SigningKey, make_archive, sign_clear, signing_key
from tests.makers.deb import make_deb

DAY = 86_400
GOOD = "https://good.mirror.example/debian"
BAD = "https://bad.mirror.example/debian"
IN_RELEASE = "dists/trixie/InRelease"
PACKAGES = "main/binary-amd64/Packages.xz"
HELLO = make_deb("hello")


def served(base: str, archive: Archive) -> dict[str, bytes]:
    return {f"{base}/{path}": data for path, data in archive.files.items()}


def refresher(
    pages: Mapping[str, bytes | Answer | Sequence[Answer]], store: MemoryStore | None = None, *, offline: bool = False,
    **options: Any,
) -> Refresher:  # fmt: skip
    blobs = store or MemoryStore()
    fetcher = Fetcher(RememberedTransport(pages), blobs, sleep=lambda delay, stop: None, offline=offline)
    return Refresher(fetcher=fetcher, blobs=blobs, records=blobs, **{"now": Epoch(DATE + DAY), **options})


def request(*urls: str, **changes: Any) -> SuiteRequest:
    fields: dict[str, Any] = {
        "name": "debian13/debian/trixie", "suite": "trixie", "components": ("main",), "urls": urls or (GOOD,),
        "keyring": Keyring.of([signing_key().certificate], "the keys"),
    }  # fmt: skip
    return SuiteRequest(**(fields | changes))


def names(
    pages: Mapping[str, bytes | Answer | Sequence[Answer]], wanted: SuiteRequest, **options: Any
) -> tuple[str, ...]:
    """The names of the packages that are read in the end."""
    reader = refresher(pages, **options)
    (suite,) = reader.fetch_indexes([reader.release(wanted)], ["amd64"])
    return tuple(name for index in reader.indexes(suite, "amd64") for name in index.names)


def refusal(pages: Mapping[str, bytes | Answer | Sequence[Answer]], *urls: str, **options: Any) -> BareboatError:
    with pytest.raises(BareboatError) as caught:
        names(pages, request(*urls), **options)
    return caught.value


def test_a_verified_release_becomes_what_the_lock_says_of_its_archive() -> None:
    archive = make_archive([HELLO], valid_until=DATE + 7 * DAY, keys=[signing_key("theirs")])
    suite = refresher(served(GOOD, archive)).release(request())
    assert suite.locked == LockedArchive(
        name="debian13/debian/trixie",
        codename="trixie",
        date=Epoch(DATE),
        valid_until=Epoch(DATE + 7 * DAY),
        release=Digest.of(archive.files[IN_RELEASE]),
        signed_by=(signing_key().fingerprint.upper(),),
    )


def resigned(archive: Archive, old: bytes, new: bytes) -> Archive:
    """`archive` with a Release file that says something else, signed by the right key."""
    assert old in archive.release
    return archive.with_file(IN_RELEASE, sign_clear(archive.release.replace(old, new), [signing_key()]))


TRUST: dict[str, tuple[Archive, type[BareboatError], str]] = {
    "tampered": (
        (honest := make_archive([HELLO])).with_file(
            IN_RELEASE, honest.files[IN_RELEASE].replace(b"Codename: trixie", b"Codename: TRIXIE")
        ),
        SignatureError,
        "InRelease: cannot trust the signature",
    ),
    "unsigned in place of signed": (
        honest.with_file(IN_RELEASE, honest.release),
        SignatureError,
        "InRelease: is not signed",
    ),
    "without any signature": (
        make_archive([HELLO], unsigned=True),
        SignatureError,
        "Release: is not signed: it has no Release.gpg",
    ),
    "signed by another key": (
        make_archive([HELLO], key=signing_key("theirs")),
        SignatureError,
        "InRelease: cannot trust the signature",
    ),
    "signed by another key beside it": (
        make_archive([HELLO], key=signing_key("theirs"), inline=False),
        SignatureError,
        "Release: cannot trust the signature",
    ),
    "tampered beside its signature": (
        (apart := make_archive([HELLO], inline=False)).with_file(
            "dists/trixie/Release", apart.release + b"Evil: yes\n"
        ),
        SignatureError,
        "Release: cannot trust the signature",
    ),
    "expired": (make_archive([HELLO], valid_until=DATE), ExpiredError, "InRelease: was valid until"),
    "from the future": (make_archive([HELLO], date=DATE + 2 * DAY), ExpiredError, "which is yet to come"),
    "another suite": (
        make_archive([HELLO], codename="sid").with_file(
            IN_RELEASE, make_archive([HELLO], suite="sid").files["dists/sid/InRelease"]
        ),
        TrustError,
        'is the Release of "sid", not of "trixie"',
    ),
    "no digests": (
        resigned(make_archive([HELLO]), b"SHA256:", b"SHA257:"),
        FormatError,
        "SHA256",
    ),
    "signed nonsense": (
        honest.with_file(IN_RELEASE, sign_clear(b"hello\n", [signing_key()])),
        FormatError,
        "InRelease",
    ),
    "signed bytes that are no text": (
        honest.with_file(IN_RELEASE, sign_clear(b"Origin: \xff\n", [signing_key()])),
        FormatError,
        "is not UTF-8",
    ),
    "a page of a captive portal": (
        honest.with_file(IN_RELEASE, b"<!DOCTYPE html><html>log in</html>"),
        FetchError,
        "it looks like an HTML page",
    ),
    "not there": (honest.without(IN_RELEASE), NotFoundError, "it is not there (404)"),
    "too large": (
        honest.with_file(IN_RELEASE, b"x" * (LIMITS.max_release_bytes + 1)),
        LimitError,
        "larger than the limit",
    ),
}


@pytest.mark.parametrize(("archive", "error", "message"), TRUST.values(), ids=TRUST)
def test_a_release_that_cannot_be_believed_is_refused(
    archive: Archive, error: type[BareboatError], message: str
) -> None:
    refused = refusal(served(GOOD, archive))
    assert type(refused) is error
    assert message in refused.message
    assert "backtrace" not in refused.message


@pytest.mark.parametrize(("archive", "error", "message"), TRUST.values(), ids=TRUST)
def test_a_good_mirror_behind_a_bad_one_wins(archive: Archive, error: type[BareboatError], message: str) -> None:
    pages = served(BAD, archive) | served(GOOD, make_archive([make_deb("good")]))
    assert names(pages, request(BAD, GOOD)) == ("good",)


def test_a_mirror_that_lies_is_named_before_one_that_is_away() -> None:
    pages = served(GOOD, TRUST["tampered"][0])
    assert type(refusal(pages, BAD, GOOD)) is SignatureError
    assert type(refusal(pages, GOOD, BAD)) is SignatureError


def test_a_release_older_than_the_locks_is_refused() -> None:
    pages = served(GOOD, make_archive([HELLO]))
    refused = refusal(pages, floors={"debian13/debian/trixie": Epoch(DATE + 1)})
    assert type(refused) is RollbackError
    assert names(pages, request(), floors={"debian13/debian/trixie": Epoch(DATE), "other": Epoch(DATE * 2)}) == (
        "hello",
    )


def test_an_expired_release_is_read_when_the_user_accepts_it() -> None:
    assert names(served(GOOD, TRUST["expired"][0]), request(), unsafe_expired=True) == ("hello",)


@pytest.mark.parametrize("keys", [[], [signing_key("theirs")]])
def test_release_with_its_signatures_beside_it_is_as_good(keys: Sequence[SigningKey]) -> None:
    archive = make_archive([HELLO], keys=keys, inline=False)
    assert names(served(GOOD, archive), request()) == ("hello",)


def test_the_second_of_several_signatures_beside_a_release_is_enough() -> None:
    archive = make_archive([HELLO], key=signing_key("theirs"), keys=[signing_key()], inline=False)
    assert names(served(GOOD, archive), request()) == ("hello",)


def test_a_mirror_without_inrelease_is_asked_for_release_though_another_one_is_away() -> None:
    pages: dict[str, bytes | Answer] = {
        **served(GOOD, make_archive([HELLO], inline=False)), f"{BAD}/{IN_RELEASE}": Answer(status=503),
    }  # fmt: skip
    assert names(pages, request(BAD, GOOD)) == ("hello",)


def test_every_mirror_is_named_when_none_has_the_suite() -> None:
    refused = refusal({f"{BAD}/{IN_RELEASE}": Answer(status=503)}, BAD, GOOD)
    assert type(refused) is FetchError
    assert refused.message == (
        'cannot fetch "debian13/debian/trixie: InRelease"\n'
        f"  {BAD}: the server answers 503 Service Unavailable\n"
        f"  {GOOD}: it is not there (404)"
    )


def test_without_a_network_nothing_is_asked() -> None:
    assert type(refusal(served(GOOD, honest), offline=True)) is OfflineError


def test_a_component_that_the_suite_does_not_have_is_the_users_mistake() -> None:
    with pytest.raises(ConfigurationError) as caught:
        refresher(served(GOOD, honest)).release(request(components=("main", "contirb")))
    assert caught.value.message == 'debian13/debian/trixie: the suite has no component "contirb"'
    assert caught.value.hint == "it has: main"


def hashed(archive: Archive, path: str = PACKAGES) -> str:
    """Where `path` lies by its digest."""
    data = archive.files[f"dists/trixie/{path}"]
    return f"dists/trixie/{path.rpartition('/')[0]}/by-hash/SHA256/{hashlib.sha256(data).hexdigest()}"


def with_packages(data: bytes) -> Archive:
    """An honest Release over a mirror that has `data` in place of Packages."""
    return honest.with_file(f"dists/trixie/{PACKAGES}", data).with_file(hashed(honest), data)


TRUE = honest.files[f"dists/trixie/{PACKAGES}"]


@pytest.mark.parametrize(
    "data",
    [lzma.compress(b"Package: evil\n"), TRUE[:-1], TRUE + b"x", b"", bytes(len(TRUE)), b"<html>log in</html>"],
    ids=["another file", "truncated", "with a tail", "empty", "of the right size", "html"],
)
def test_packages_that_the_release_does_not_promise_are_refused(data: bytes) -> None:
    refused = refusal(served(GOOD, with_packages(data)))
    assert type(refused) is DigestMismatchError
    assert refused.hint is not None
    assert names(served(BAD, with_packages(data)) | served(GOOD, honest), request(BAD, GOOD)) == ("hello",)


def test_packages_of_another_size_than_promised_are_refused() -> None:
    size = str(len(TRUE)).encode()
    archive = resigned(
        honest, b" " + size + b" " + PACKAGES.encode(), b" " + b"9" * len(size) + b" " + PACKAGES.encode()
    )
    assert type(refusal(served(GOOD, archive))) is DigestMismatchError


def lying(data: bytes, suffix: str = ".xz") -> Archive:
    """An archive whose signed Release promises `data` as its only Packages file."""
    path = f"main/binary-amd64/Packages{suffix}"
    release = (
        honest.release.partition(b"SHA256:\n")[0]
        + b"SHA256:\n"
        + (f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}\n".encode())
    )
    return honest.with_file(IN_RELEASE, sign_clear(release, [signing_key()])).with_file(f"dists/trixie/{path}", data)


def test_an_index_that_grows_without_end_is_refused() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9, mtime=0)
    refused = refusal(served(GOOD, lying(bomb, ".gz")))
    assert type(refused) is LimitError
    assert refused.message.startswith("debian13/debian/trixie: main/binary-amd64/Packages.gz: cannot unpack")


@pytest.mark.parametrize("data", [b"no xz", TRUE[:-8], lzma.compress(b"Version: 1\n"), lzma.compress(b"\xff\n")])
def test_a_promised_index_that_cannot_be_read_is_refused(data: bytes) -> None:
    refused = refusal(served(GOOD, lying(data)))
    assert type(refused) is FormatError
    assert "main/binary-amd64/Packages.xz" in refused.message


def test_an_index_beyond_every_size_is_not_even_asked_for() -> None:
    size = str(len(TRUE)).encode()
    archive = resigned(honest, b" " + size + b" " + PACKAGES.encode(), b" 999999999999 " + PACKAGES.encode())
    assert type(refusal(served(GOOD, archive))) is LimitError


def test_an_index_is_asked_for_by_its_digest_first_and_then_by_its_name() -> None:
    by_name_only = make_archive([HELLO]).without(hashed(honest))
    transport = RememberedTransport(served(GOOD, by_name_only))
    store = MemoryStore()
    reader = Refresher(
        fetcher=Fetcher(transport, store, sleep=lambda delay, stop: None), blobs=store, records=store, now=Epoch(DATE)
    )
    reader.fetch_indexes([reader.release(request())], ["amd64"])
    assert [one.url.removeprefix(f"{GOOD}/") for one in transport.requests] == [
        IN_RELEASE, hashed(honest), f"dists/trixie/{PACKAGES}",
    ]  # fmt: skip


def test_by_hash_is_left_alone_where_the_archive_does_not_offer_it() -> None:
    assert names(served(GOOD, make_archive([HELLO], by_hash=False)), request()) == ("hello",)


@pytest.mark.parametrize("compressions", [["gz"], ["none"], ["gz", "xz", "none"]])
def test_an_index_is_read_in_each_compression(compressions: list[str]) -> None:
    assert names(served(GOOD, make_archive([HELLO], compressions=compressions)), request()) == ("hello",)


def test_an_index_is_fetched_and_unpacked_once() -> None:
    store = MemoryStore()
    first = refresher(served(GOOD, honest), store)
    (suite,) = first.fetch_indexes([first.release(request())], ["amd64"])
    assert first.indexes(suite, "amd64")[0].names == ("hello",)
    second = refresher({f"{GOOD}/{IN_RELEASE}": honest.files[IN_RELEASE]}, store)
    (again,) = second.fetch_indexes([second.release(request())], ["amd64"])
    assert second.indexes(again, "amd64")[0].names == ("hello",)


def test_an_architecture_whose_index_is_not_to_be_had_is_marked_when_the_user_accepts_it() -> None:
    archive = make_archive([HELLO, make_deb("arm", architecture="arm64")])
    broken = archive.without(*(path for path in archive.files if "binary-arm64" in path))
    assert type(refusal_for(broken, ["amd64", "arm64"])) is NotFoundError
    reader = refresher(served(GOOD, broken), unsafe_missing=True)
    (suite,) = reader.fetch_indexes([reader.release(request())], ["amd64", "arm64"])
    assert suite.locked.missing == ("arm64",)
    assert [index.names for index in reader.indexes(suite, "amd64")] == [("hello",)]
    assert reader.indexes(suite, "arm64") == ()


def refusal_for(archive: Archive, architectures: list[str]) -> BareboatError:
    reader = refresher(served(GOOD, archive))
    with pytest.raises(BareboatError) as caught:
        reader.fetch_indexes([reader.release(request())], architectures)
    return caught.value


def read_names(suite: Refreshed, reader: Refresher, architecture: str) -> list[str]:
    return [name for index in reader.indexes(suite, architecture) for name in index.names]


def test_an_archive_for_some_architectures_has_nothing_for_others() -> None:
    archive = make_archive([HELLO, make_deb("arm", architecture="arm64")])
    reader = refresher(served(GOOD, archive))
    wanted = request(architectures=("amd64",))
    (suite,) = reader.fetch_indexes([reader.release(wanted)], ["amd64", "arm64"])
    assert (read_names(suite, reader, "amd64"), read_names(suite, reader, "arm64")) == (["hello"], [])


def test_packages_for_all_architectures_are_read_where_they_stand_apart() -> None:
    both = make_archive([HELLO, make_deb("data", architecture="all")], architectures=["amd64", "all"])
    assert names(served(GOOD, both), request()) == ("data", "hello")
    apart = resigned(both, b"No-Support-for-Architecture-all: Packages\n", b"")
    assert names(served(GOOD, apart), request()) == ("data", "hello", "data")


def test_every_component_is_read() -> None:
    archive = make_archive(
        {"main": [HELLO], "contrib": [make_deb("more")]}, components=["main", "contrib"], component_prefix="updates/"
    )
    assert names(served(GOOD, archive), request(components=("main", "contrib"))) == ("hello", "more")
