"""Blobs into a registry that loses its temper: resumed, cut into pieces, mounted, and never half there."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import pytest

from bareboat.base.errors import DigestMismatchError, FetchError
from bareboat.oci.descriptor import Descriptor
from bareboat.store.limits import MIB
from bareboat.store.registry import upload as upload_module
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from bareboat.store.verify import VerifiedReader
from tests.makers.answering import Said
from tests.makers.registry import Registry, Storage
from tests.store.registry.conftest import Waits, at, me

DATA = bytes(range(251)) * 4000
BLOB = Descriptor.of("application/octet-stream", DATA)


class Opened:
    """Gives `DATA`, and counts how often."""

    def __init__(self, data: bytes = DATA) -> None:
        self.times = 0
        self._data = data

    def __call__(self) -> BinaryIO:
        self.times += 1
        return io.BytesIO(self._data)


def arrived(registry: Registry, name: str = "team/app") -> bytes | None:
    return registry.repository(name).blobs.get(str(BLOB.digest))


def methods(registry: Registry) -> list[str]:
    return [one.method for one in registry.requests]


def test_a_blob_goes_in_one_piece_after_one_look(registry: Registry, repository: Repository) -> None:
    assert repository.upload(BLOB, Opened())
    assert (arrived(registry), methods(registry)) == (DATA, ["HEAD", "POST", "PUT"])


def test_a_blob_that_is_there_is_not_sent(registry: Registry, repository: Repository) -> None:
    registry.add("team/app", BLOB.media_type, DATA)
    opened = Opened()

    assert not repository.upload(BLOB, opened)
    assert (opened.times, methods(registry)) == (0, ["HEAD"])


def test_a_blob_of_another_repository_is_mounted(registry: Registry, repository: Repository) -> None:
    registry.add("team/base", BLOB.media_type, DATA)
    opened = Opened()

    assert not repository.upload(BLOB, opened, mount_from=["team/nothing", "team/app", "team/base"])
    assert (opened.times, arrived(registry)) == (0, DATA)
    assert [one.query.get("from") for one in registry.asked("POST")] == ["team/nothing", "team/base"]
    assert len(registry.asked("DELETE", "/uploads/")) == 1  # the session that the first question began


def test_a_registry_that_mounts_nothing_gets_the_bytes_in_the_session_that_it_began(
    registry: Registry, repository: Repository
) -> None:
    registry.add("team/base", BLOB.media_type, DATA)
    registry.faults.no_mount = True

    assert repository.upload(BLOB, Opened(), mount_from=["team/base"])
    assert (arrived(registry), methods(registry)) == (DATA, ["HEAD", "POST", "PUT"])


def test_a_mount_that_is_forbidden_is_no_obstacle(registry: Registry, repository: Repository) -> None:
    registry.say("POST", "mount=", Said(status=403))

    assert repository.upload(BLOB, Opened(), mount_from=["their/base"])
    assert arrived(registry) == DATA


def test_an_upload_is_resumed_where_it_broke(registry: Registry, repository: Repository) -> None:
    registry.faults.breaks_uploads_after = 700_000

    assert repository.upload(BLOB, Opened())
    assert arrived(registry) == DATA
    (patch,) = registry.asked("PATCH")
    assert patch.headers["content-range"] == f"700000-{BLOB.size - 1}"
    assert len(patch.body) == BLOB.size - 700_000


def test_500_twice_and_then_201_is_a_success(registry: Registry, repository: Repository, waits: Waits) -> None:
    registry.say("PUT", "/uploads/", Said(status=500), Said(status=500))

    assert repository.upload(BLOB, Opened())
    assert arrived(registry) == DATA
    assert waits.seconds == [0.5, 1.0]


def test_500_for_ever_is_a_failure_in_the_end(registry: Registry, repository: Repository) -> None:
    registry.say("PUT", "/uploads/", *[Said(status=500)] * 10)

    with pytest.raises(FetchError, match=r"team/app@sha256:\w+: cannot upload the blob: the registry answers 500"):
        repository.upload(BLOB, Opened())
    assert arrived(registry) is None


def test_an_answer_that_is_lost_after_all_bytes_came_is_no_second_upload(
    registry: Registry, repository: Repository
) -> None:
    registry.faults.loses_answer = True
    opened = Opened()

    assert repository.upload(BLOB, opened)
    assert (opened.times, arrived(registry)) == (1, DATA)


def test_a_session_that_is_gone_is_begun_anew(registry: Registry, repository: Repository) -> None:
    registry.say("PUT", "/uploads/", Said(status=404))
    registry.say("GET", "/uploads/", Said(status=404))

    assert repository.upload(BLOB, Opened())
    assert (arrived(registry), len(registry.asked("POST"))) == (DATA, 2)


def test_a_body_that_is_too_large_goes_in_chunks(
    registry: Registry, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_module, "_CHUNK", 300_000)
    registry.faults.most_body = 400_000
    opened = Opened()

    assert repository.upload(BLOB, opened)
    assert arrived(registry) == DATA
    assert [one.headers["content-range"] for one in registry.asked("PATCH")] == [
        "0-299999", "300000-599999", "600000-899999", f"900000-{BLOB.size - 1}",
    ]  # fmt: skip
    assert opened.times == 2  # whole, then one stream for all chunks


def test_chunks_are_as_large_as_the_registry_wants_them(registry: Registry, repository: Repository) -> None:
    size = 33 * MIB
    blob = bytes(size)
    session = "/v2/team/app/blobs/uploads/0123456789abcdef"
    registry._uploads["0123456789abcdef"] = b""
    headers = {"Location": session, "OCI-Chunk-Min-Length": str(size - 1)}
    registry.say("POST", "/uploads/", Said(status=202, headers=headers))
    registry.say("PUT", "/uploads/", Said(status=413))

    assert repository.upload(Descriptor.of("application/octet-stream", blob), Opened(blob))
    assert [len(one.body) for one in registry.asked("PATCH")] == [size - 1, 1]


def test_an_upload_location_on_another_host_gets_no_credentials(client: Callable[..., Registries]) -> None:
    with Registry(users={"me": "my secret"}) as registry, Storage(registry) as storage:
        registry.faults.upload_host = storage.url
        repository = at(client(me()), registry)

        assert repository.upload(BLOB, Opened())

        assert arrived(registry) == DATA
        assert "authorization" in registry.requests[-1].headers
        assert [one.method for one in storage.requests] == ["PUT"]
        assert all("authorization" not in one.headers for one in storage.requests)


def test_the_query_of_a_location_stays_as_it_was(registry: Registry, repository: Repository) -> None:
    repository.upload(BLOB, Opened())

    assert registry.asked("PUT")[0].target.partition("?")[2].startswith("state=secret&digest=")


def test_a_location_that_is_missing_is_named(registry: Registry, repository: Repository) -> None:
    registry.say("POST", "/uploads/", Said(status=202))

    with pytest.raises(FetchError, match="does not say where the bytes go"):
        repository.upload(BLOB, Opened())


@pytest.mark.parametrize("data", [DATA[:-1], DATA + b"!"], ids=["too few", "too many"])
def test_bytes_that_are_not_as_many_as_promised_are_not_sent_to_the_end(
    registry: Registry, repository: Repository, data: bytes
) -> None:
    with pytest.raises(FetchError, match="the bytes to send"):
        repository.upload(BLOB, Opened(data))
    assert arrived(registry) is None


def test_bytes_that_were_damaged_here_are_found_before_they_are_all_sent(
    registry: Registry, repository: Repository
) -> None:
    damaged = bytes([1]) + DATA[1:]

    with pytest.raises(DigestMismatchError, match="cannot upload the blob: cannot accept as sha256"):
        repository.upload(BLOB, lambda: io.BufferedReader(VerifiedReader(io.BytesIO(damaged), BLOB.digest)))
    assert arrived(registry) is None


def test_a_registry_that_finds_the_digest_wrong_is_believed(registry: Registry, repository: Repository) -> None:
    with pytest.raises(FetchError, match="400 Bad Request: DIGEST_INVALID"):
        repository.upload(BLOB, Opened(bytes([1]) + DATA[1:]))
    assert arrived(registry) is None


def test_an_upload_survives_tokens_that_run_out(client: Callable[..., Registries]) -> None:
    with Registry(users={"me": "my secret"}, token=True) as registry:
        repository = at(client(me()), registry)

        def opened() -> BinaryIO:
            registry.revoke()
            return io.BytesIO(DATA)

        calls = iter([opened, Opened(), Opened()])
        assert repository.upload(BLOB, lambda: next(calls)())  # noqa: PLW0108  another one each time
        assert arrived(registry) == DATA
