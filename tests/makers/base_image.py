"""A base image of another tool, as `from:` names one: accounts, an os-release, dpkg's database, a user of its own.

    make_base(file("etc/motd", b"hi\\n"), packages={"libbase1": "1.2-1"})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bareboat.oci.config import Execution
from tests.makers.image import Made
from tests.makers.layers import Item, file, folder, make_image_of, make_raw_tar

PASSWD = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:the app,,,:/srv/app:/usr/sbin/nologin\n"
GROUP = b"root:x:0:\napp:x:1001:\n"
RELEASE = b'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_CODENAME=trixie\n'
CONFIG = Execution(
    user="app",
    env=("PATH=/opt/bin:/usr/bin", "BASE=1", "SHARED=base"),
    entrypoint=("/usr/bin/base",),
    cmd=("--base",),
    working_dir="/srv/app",
    labels={"org.example.base": "yes", "org.example.shared": "base", "org.opencontainers.image.title": "the base"},
    exposed_ports=("80/tcp",),
    volumes=("/data",),
    stop_signal="SIGQUIT",
)


def make_base(
    *further: Item,
    packages: Mapping[str, str] | None = None,
    fields: str = "",
    release: bytes = RELEASE,
    config: Execution = CONFIG,
    above: Sequence[Item] = (),
    architecture: str = "amd64",
    annotations: Mapping[str, str] | None = None,
) -> Made:
    """An image of one layer, and a second one where `above` says what is in it; dpkg says that it has `packages`."""
    stanzas = [
        f"Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: {architecture}\n{fields}"
        for name, version in (packages or {}).items()
    ]
    stanzas.append("Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n")
    items = [
        *(folder(path) for path in ("etc", "srv", "srv/app", "usr", "usr/bin", "usr/lib", "var", "var/lib")),
        folder("var/lib/dpkg"),
        file("etc/passwd", PASSWD),
        file("etc/group", GROUP),
        file("usr/lib/os-release", release),
        file("usr/bin/base", b"#!/usr/bin/base\n", mode=0o755),
        file("var/lib/dpkg/status", "\n".join(stanzas).encode()),
        *further,
    ]
    tars = [make_raw_tar(items), *([make_raw_tar(above)] if above else [])]
    return make_image_of(tars, config=config, annotations=annotations or {}, architecture=architecture)
