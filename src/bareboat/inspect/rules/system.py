"""The files of a base system that programs and scanners count on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bareboat.base.mode import STICKY_FOLDER
from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.bearing import has_package, is_system
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.oci.annotations import DISTRO
from bareboat.store.entry import EntryKind

TMP = Rule(
    name="tmp-folder",
    family=Family.contract,
    severity=Severity.error,
    title="/tmp is a folder of root's with the mode 1777",  # noqa: S108  a path of the image
    why="every program may put files there, whoever it runs as, and nobody may remove another's",
)
HOSTS = Rule(
    name="nsswitch-hosts",
    family=Family.contract,
    severity=Severity.error,
    title="/etc/nsswitch.conf looks hosts up in files first, then in DNS",
    why="the C library and Go read it; otherwise names of /etc/hosts, which runtimes write, are not found",
)
RELEASE = Rule(
    name="os-release",
    family=Family.contract,
    severity=Severity.error,
    title="/etc/os-release says which system and which version the image is",
    why="scanners choose by it which security advisories apply, and report nothing where it is missing",
)
BUNDLE = Rule(
    name="certificate-bundle",
    family=Family.contract,
    severity=Severity.error,
    title="the certificates are where programs look: /etc/ssl/certs/ca-certificates.crt and SSL_CERT_FILE",
    why="without them no TLS connection is trusted",
)
BUNDLE_VARIABLE = Rule(
    name="certificate-variable",
    family=Family.contract,
    severity=Severity.warning,
    title="SSL_CERT_FILE is set where the image has certificates",
    why="distroless images set it, and programs that were built elsewhere look for their certificates in other places",
)
LANDMARK = Rule(
    name="landmark-file",
    family=Family.contract,
    severity=Severity.error,
    title="packages come with the file that people know them by",
    why="entry points, libraries and configurations name these paths, such as /etc/services and /usr/bin/java",
)
RULES = (TMP, HOSTS, RELEASE, BUNDLE, BUNDLE_VARIABLE, LANDMARK)

_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_VARIABLE = "SSL_CERT_FILE"
_LANDMARKS = (
    (r"netbase", "/etc/services"),
    (r"media-types", "/etc/mime.types"),
    (r"tzdata", "/usr/share/zoneinfo/Etc/UTC"),
    (r"(?:openjdk|temurin)-\d+-(?:jre|jdk)(?:-headless)?", "/usr/bin/java"),
    (r"(?:openjdk|temurin)-\d+-(?:jre|jdk)(?:-headless)?", "/etc/ssl/certs/java/cacerts"),
)
_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(\"?)(.*)\2")
_OTHER_VERSION = re.compile(r"debian(\d+)")


def find(aboard: Aboard) -> Iterator[Finding]:
    """What is missing of the base system."""
    if is_system(aboard):
        yield from _tmp(aboard)
        yield from _release(aboard)
    if is_system(aboard) or any(path.endswith("/libc.so.6") for path in aboard.entries):
        yield from _hosts(aboard)
    yield from _certificates(aboard)
    for pattern, landmark in _LANDMARKS:
        package = next((one.name for one in aboard.packages if re.fullmatch(pattern, one.name)), None)
        if package is not None and not _is_file(aboard, landmark):
            yield Finding(rule=LANDMARK, path=landmark, message=f"is not there, though {package} is", needs=landmark)


def _tmp(aboard: Aboard) -> Iterator[Finding]:
    entry = aboard.entries.get(ImagePath("tmp"))
    if entry is None:
        yield Finding(rule=TMP, path="/tmp", message="is not there")  # noqa: S108  a path of the image
    elif (entry.kind, entry.mode, entry.uid) != (EntryKind.folder, STICKY_FOLDER, 0):
        what = f"is a {entry.kind} of {entry.uid} with the mode {entry.mode:04o}, not a folder of 0 with 1777"
        yield Finding(rule=TMP, path="/tmp", message=what)  # noqa: S108


def _hosts(aboard: Aboard) -> Iterator[Finding]:
    text = aboard.texts.get(ImagePath("etc/nsswitch.conf"))
    if text is None:
        what = "is not there, so /etc/hosts is not read before DNS is asked"
        yield Finding(rule=HOSTS, path="/etc/nsswitch.conf", message=what)
        return
    lines = [line.partition("#")[0] for line in text.decode("utf-8", "replace").split("\n")]
    said = [line.partition(":")[2].split() for line in lines if line.partition(":")[0].strip() == "hosts"]
    services = said[0] if said else []
    places = [services.index(name) if name in services else -1 for name in ("files", "dns")]
    if -1 in places or places[0] > places[1]:
        what = f'looks hosts up in "{" ".join(services)}", not in files and then dns'
        yield Finding(rule=HOSTS, path="/etc/nsswitch.conf", message=what)


def _release(aboard: Aboard) -> Iterator[Finding]:
    path = aboard.real_path("etc/os-release")
    text = None if path is None else aboard.texts.get(path)
    if text is None:
        yield Finding(rule=RELEASE, path="/etc/os-release", message="leads to no file")
        return
    lines = filter(None, map(_LINE.fullmatch, text.decode("utf-8", "replace").split("\n")))
    said = {match[1]: match[3] for match in lines}
    for key in ("ID", "VERSION_ID"):
        if not said.get(key):
            yield Finding(rule=RELEASE, path="/etc/os-release", message=f"has no {key}")
    distro = _OTHER_VERSION.fullmatch(aboard.annotations.get(DISTRO, ""))
    if distro is not None and said.get("VERSION_ID") not in (None, distro[1]):
        what = f'says VERSION_ID="{said["VERSION_ID"]}", and the image is of {distro[0]}'
        yield Finding(rule=RELEASE, path="/etc/os-release", message=what)


def _certificates(aboard: Aboard) -> Iterator[Finding]:
    said = aboard.config.config.environment.get(_VARIABLE)
    if said is not None and not _is_file(aboard, said):
        what = f"{_VARIABLE} names it, and no file with contents is there"
        yield Finding(rule=BUNDLE, path=said, message=what, needs=said)
    if not has_package(aboard, "ca-certificates"):
        return
    if said != _BUNDLE and not _is_file(aboard, _BUNDLE):
        what = "no file with contents is there, though ca-certificates is"
        yield Finding(rule=BUNDLE, path=_BUNDLE, message=what, needs=_BUNDLE)
    if said is None:
        hint = f"write env: {{{_VARIABLE}: {_BUNDLE}}}"
        yield Finding(rule=BUNDLE_VARIABLE, path="", message=f"{_VARIABLE} is not set", hint=hint)


def _is_file(aboard: Aboard, path: str) -> bool:
    """Whether `path` leads to a file with contents."""
    real = aboard.real_path(path)
    entry = None if real is None else aboard.entries.get(real)
    if entry is not None and entry.kind is EntryKind.hard_link:
        entry = aboard.entries.get(ImagePath(entry.target))
    return entry is not None and entry.kind is EntryKind.file and entry.size > 0
