"""Many clients that pull one image from a registry at once: `python -m tests.makers.many_clients HOST REPO TAG 200`.

Each asks for the index, its manifests, configurations and layers, checks every digest, and keeps nothing.
The exit code is the number of clients that failed, 100 at most; the last line says how long all of them took, in
seconds.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
import threading
import time


def main(host: str, repository: str, tag: str, count: int) -> int:
    """Run `count` clients; returns how many failed."""
    failures: list[str] = []
    ready = threading.Barrier(count)

    def client() -> None:
        ready.wait()
        try:
            pull(host, repository, tag)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            failures.append(f"{type(fault).__name__}: {fault}")

    threads = [threading.Thread(target=client) for _ in range(count)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in sorted(set(failures)):
        print(failure)
    print(f"{time.monotonic() - began:.2f}")
    return len(failures)


def pull(host: str, repository: str, tag: str) -> None:
    """One client, over one connection."""
    connection = http.client.HTTPConnection(host, timeout=300)
    try:
        rest = [("manifests", tag)]
        while rest:
            kind, which = rest.pop()
            data = fetch(connection, f"/v2/{repository}/{kind}/{which}", which if ":" in which else None, kind)
            if kind == "manifests":
                document = json.loads(data)
                rest += [("manifests", one["digest"]) for one in document.get("manifests", ())]
                named = [*document.get("layers", ()), *([document["config"]] if "config" in document else ())]
                rest += [("blobs", one["digest"]) for one in named]
    finally:
        connection.close()


def fetch(connection: http.client.HTTPConnection, path: str, digest: str | None, kind: str) -> bytes:
    """What lies at `path`; of blobs only that they are right.

    Raises:
        ValueError: When it is not there, or wrong.
    """
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != 200:
        raise ValueError(f"{path}: {answer.status}")
    content, parts = hashlib.sha256(), []
    while piece := answer.read(1 << 18):
        content.update(piece)
        if kind == "manifests":
            parts.append(piece)
    if digest is not None and digest != f"sha256:{content.hexdigest()}":
        raise ValueError(f"{path}: has other bytes")
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(min(100, main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
