"""One folder, many writers, and some that die."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.soundness import verify
from bareboat.store.sweep import DAY_S, sweep

BLOBS = [bytes([number]) * (20_000 + number) for number in range(12)]

WRITERS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore

def write(turn):
    store = DiskStore(Path(sys.argv[1]))
    for number in range(12):
        data = bytes([number]) * (20_000 + number)
        expected = Digest.of(data, "sha512") if turn % 2 else None
        store.add((data[start:start + 999] for start in range(0, len(data), 999)), expected=expected, size=len(data))
        store.put("law", Digest.of(data), data)
        assert store.get("law", Digest.of(data)) == data

with ThreadPoolExecutor(10) as pool:
    list(pool.map(write, range(10)))
"""

DYING_WRITER = """
import sys
from pathlib import Path
from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore

def chunks():
    yield b"first half, "
    print("half", flush=True)
    sys.stdin.read()
    yield b"second half"

DiskStore(Path(sys.argv[1])).add(chunks(), expected=Digest.of(b"first half, second half"))
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_two_processes_with_ten_threads_each_write_one_store(tmp_path: Path) -> None:
    writers = [start(WRITERS, tmp_path) for _ in range(2)]
    for writer in writers:
        assert writer.communicate() == ("", "")
        assert writer.returncode == 0
    store = DiskStore(tmp_path)
    assert [read(store, Digest.of(data)) for data in BLOBS] == BLOBS
    assert [read(store, Digest.of(data, "sha512")) for data in BLOBS] == BLOBS
    assert verify(store, workers=2).is_sound
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_writer_that_is_killed_leaves_no_blob_but_a_file_that_is_swept(tmp_path: Path) -> None:
    with start(DYING_WRITER, tmp_path) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        writer.kill()
    store = DiskStore(tmp_path)
    assert list(store.digests()) == []
    assert [path.read_bytes() for path in (tmp_path / "tmp").iterdir()] == [b"first half, "]
    assert store.add([b"first half, second half"]) == Digest.of(b"first half, second half")

    swept = sweep(store, (), older_than_s=0)
    assert (swept.unfinished.count, len(list((tmp_path / "tmp").iterdir()))) == (0, 1), "it may still be written to"
    later = DiskStore(tmp_path, now=lambda: store.now() + DAY_S + 1)
    assert sweep(later, (), older_than_s=0).unfinished.count == 1


def test_a_reader_keeps_its_bytes_while_they_are_swept(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    digest = store.add([BLOBS[3]])
    with store.open(digest) as stream:
        sweep(DiskStore(tmp_path, now=lambda: store.now() + DAY_S), (), older_than_s=0)
        assert not store.has(digest)
        assert stream.read() == BLOBS[3]


def test_two_threads_write_the_same_bytes_at_the_same_time(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    together = threading.Barrier(2)

    def slow() -> list[bytes]:
        together.wait()
        return [BLOBS[0], BLOBS[1]]

    def write(_: int) -> Digest:
        return store.add(chunk for turn in range(2) for chunk in slow())

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(write, range(2))) == {Digest.of((BLOBS[0] + BLOBS[1]) * 2)}
    assert verify(store, workers=2).is_sound
