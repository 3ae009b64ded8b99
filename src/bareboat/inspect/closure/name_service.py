"""The services that `/etc/nsswitch.conf` names are modules that glibc loads by their name.

Format: nsswitch.conf(5). "files" and "dns" are part of libc.so.6 since glibc 2.34 (its NEWS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bareboat.base.path import ImagePath
from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.finding import Family, Finding, Rule, Severity

NAME_SERVICE = Rule(
    name="name-service",
    family=Family.closure,
    severity=Severity.warning,
    title="users, groups and hosts have a name service that is there",
    why="getpwnam(), getgrnam() and getaddrinfo() find nothing when no service of their line can be loaded",
)
FURTHER = Rule(
    name="name-service-module",
    family=Family.closure,
    severity=Severity.note,
    title="every service that nsswitch.conf names is there",
    why="glibc passes over a service that it cannot load, after looking for it in every folder",
)

_CONF = ImagePath("etc/nsswitch.conf")
_BUILT_IN = ("files", "dns")
_VITAL = ("passwd", "group", "hosts")
_ACTION = re.compile(r"\[[^\]]*\]")


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Databases of which no service is there; then all services that are not, in one finding."""
    conf = grounds.places.file(_CONF)
    if grounds.glibc is None or conf is None or conf not in grounds.files.texts:
        return
    databases = services_of(grounds.files.texts[conf])
    absent: dict[str, list[str]] = {}
    for database, services in databases.items():
        gone = [service for service in services if not _is_there(grounds, service)]
        if database in _VITAL and services and len(gone) == len(services):
            message = f"has {' '.join(gone)} for {database}, and none of them is in the image"
            yield grounds.finding(
                NAME_SERVICE, conf, message, needs=_module(gone[0]),
                provider=grounds.providers.of_name_service(gone[0]), hint=f"name `files` for {database}",
            )
        else:
            for service in gone:
                absent.setdefault(service, []).append(database)
    if absent:
        said = "; ".join(f"{service} (for {', '.join(used)})" for service, used in absent.items())
        first = next(iter(absent))
        yield grounds.finding(
            FURTHER, conf, f"names services that are not in the image: {said}", needs=_module(first),
            provider=grounds.providers.of_name_service(first),
        )


def services_of(text: bytes) -> Mapping[str, tuple[str, ...]]:
    """The services of each database, actions in brackets left out; of two lines for one the last counts."""
    found = {}
    for line in text.decode(errors="replace").splitlines():
        database, colon, rest = line.partition("#")[0].partition(":")
        if colon:
            found[database.strip()] = tuple(_ACTION.sub(" ", rest).split())
    return found


def _is_there(grounds: Grounds, service: str) -> bool:
    return service in _BUILT_IN or grounds.system_library(_module(service)) is not None


def _module(service: str) -> str:
    return f"libnss_{service}.so.2"
