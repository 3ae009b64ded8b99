"""Where this machine's own apt gets Debian from: a minimal reading of sources.list(5), both styles.

Only what tells a mirror is read; a source that cannot be read is passed by, as it is apt's business and not ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bareboat.base.errors import FetchError
from bareboat.base.frozen import frozen
from bareboat.store.local import local_path

_SCHEMES = ("http://", "https://", "file:/", "copy:/")
_LIST = "mirror+file:"
_NO = ("no", "false", "without", "off", "disable", "0")
_POCKETS = ("", "-updates", "-proposed-updates", "-backports", "-backports-sloppy")


@frozen
class AptSource:
    """One source of binary packages: its addresses without a slash at the end, its suites and its components.

    `signed_by` is the text of Signed-By: names of key files, fingerprints, or a key itself.
    """

    urls: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...] = ()
    signed_by: str = ""


def machine_sources(root: Path = Path("/")) -> tuple[AptSource, ...]:
    """The sources of the machine whose root folder is `root`; none when it is not a Debian.

    Others use Debian's code names for archives of their own, so os-release(5) has to say `ID=debian`.
    """
    if "debian" not in re.findall(r'^ID="?([a-z0-9._-]+)"?$', _text(root / "etc/os-release"), re.MULTILINE):
        return ()
    apt = root / "etc/apt"
    sources: list[AptSource] = []
    for file in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))):
        if file.suffix == ".list":
            sources += one_line_sources(_text(file))
        elif file.suffix == ".sources":
            sources += deb822_sources(_text(file))
    return tuple(_without_lists(source) for source in sources)


def one_line_sources(text: str) -> tuple[AptSource, ...]:
    """The sources of a `.list` file: `deb [option=value …] uri suite component…`, one to a line."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)(#.*)?", line)
        if match is not None:
            options = dict(option.split("=", 1) for option in (match[1] or "").split() if "=" in option)
            found.append(
                AptSource(
                    urls=(match[2].rstrip("/"),),
                    suites=(match[3],),
                    components=tuple(match[4].split()),
                    signed_by=options.get("signed-by", ""),
                )
            )
    return tuple(found)


def deb822_sources(text: str) -> tuple[AptSource, ...]:
    """The sources of a `.sources` file: paragraphs with Types, URIs, Suites and Components."""
    found = []
    for fields in _paragraphs(text):
        is_enabled = fields.get("enabled", "yes").strip().lower() not in _NO
        if is_enabled and "deb" in fields.get("types", "").split():
            found.append(
                AptSource(
                    urls=tuple(url.rstrip("/") for url in fields.get("uris", "").split()),
                    suites=tuple(fields.get("suites", "").split()),
                    components=tuple(fields.get("components", "").split()),
                    signed_by=fields.get("signed-by", "").strip(),
                )
            )
    return tuple(found)


def debian_mirrors(sources: Collection[AptSource], codenames: Collection[str]) -> tuple[str, ...]:
    """The addresses of Debian's main archive among `sources`, in their order.

    Args:
        sources: What the machine has.
        codenames: Debian's own names of releases: `trixie`, `stable` …
    """
    return _urls(sources, {name + pocket for name in codenames for pocket in _POCKETS}, "")


def security_mirrors(sources: Collection[AptSource], codenames: Collection[str]) -> tuple[str, ...]:
    """The addresses of Debian's security archive among `sources`, in their order; arguments as `debian_mirrors`."""
    return _urls(sources, {name + pocket for name in codenames for pocket in ("-security", "/updates")}, "security")


def _urls(sources: Collection[AptSource], suites: Collection[str], word: str) -> tuple[str, ...]:
    urls = [
        url
        for source in sources
        if "main" in source.components and not set(source.suites).isdisjoint(suites) and _is_debians(source)
        for url in source.urls
        if url.startswith(_SCHEMES) and word in url
    ]
    return tuple(dict.fromkeys(urls))


def _is_debians(source: AptSource) -> bool:
    """Whether Debian's keys sign it: other archives may use the same code names, but not the same keys."""
    return not source.signed_by or "debian-archive" in source.signed_by


def _paragraphs(text: str) -> Iterator[Mapping[str, str]]:
    fields: dict[str, list[str]] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield {name: "\n".join(lines) for name, lines in fields.items()}
            fields, name = {}, ""
        elif line[0] in " \t":
            fields.setdefault(name, [""]).append(line.strip())
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = [value.strip()]


def _without_lists(source: AptSource) -> AptSource:
    """`source` with the addresses that a `mirror+file:` names (apt-transport-mirror(1)) in its place."""
    urls: list[str] = []
    for url in source.urls:
        if not url.startswith(_LIST):
            urls.append(url)
            continue
        try:
            listed = _text(local_path(url.removeprefix("mirror+")))
        except FetchError:
            continue
        lines = [line.split("#")[0].split() for line in listed.splitlines()]
        urls += [words[0].rstrip("/") for words in lines if words]
    return AptSource(urls=tuple(urls), suites=source.suites, components=source.components, signed_by=source.signed_by)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # a name with a NUL in it is no OSError
        return ""
