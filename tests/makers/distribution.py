"""Distribution, Debian's `docker-registry`, on a port of its own, with its files in a folder that goes away."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# "my secret", by bcrypt with five rounds, which is what htpasswd files of distribution hold.
USER, PASSWORD = "me", "my secret"
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuupqLg1BL33hGD7CWEqEy2bQnsGrjuIku\n"


@contextmanager
def distribution(folder: Path, *, login: bool = False, deletes: bool = True) -> Iterator[str]:
    """`127.0.0.1:<port>` of a registry that runs until the block ends.

    Args:
        folder: Where it keeps what it is given.
        login: Whether it lets in nobody but `USER` with `PASSWORD`.
        deletes: Whether it deletes manifests.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htpasswd").write_text(_HTPASSWD)
    configuration: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": deletes}},
        "http": {"addr": "127.0.0.1:0", "secret": "of the tests"},
    }
    if login:
        configuration["auth"] = {"htpasswd": {"realm": "the tests", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(configuration))  # JSON is YAML.
    command = ["docker-registry", "serve", str(folder / "config.yml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={}) as process:
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if match := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
                    break
            else:
                raise AssertionError(f"docker-registry does not start: {''.join(said)}")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield match[1]
        finally:
            process.terminate()
            process.wait()
