"""Where archives may be had: for each one its mirrors in order, and Debian's snapshot service behind them.

The order is: what the environment says (BAREBOAT_MIRROR and BAREBOAT_SECURITY_MIRROR, addresses with spaces between),
what the configuration says, else what this machine's own apt uses, else the snapshot service alone.
No mirror is believed: whatever comes is signed, or has a digest that is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit

from bareboat.base.epoch import Epoch, format_snapshot
from bareboat.base.errors import ConfigurationError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact_url
from bareboat.store.apt_sources import AptSource, debian_mirrors, security_mirrors

DEBIAN = "debian"
SECURITY = "debian-security"
SNAPSHOT = "https://snapshot.debian.org/archive"
"""The snapshot service: below it `<archive>/<YYYYMMDDTHHMMSSZ>/` is an archive as it was at that moment."""

_SCHEMES = frozenset({"http", "https", "file", "copy"})


@frozen
class Mirrors:
    """Base addresses by archive, without a slash at the end, best first.

    `snapshot` is the moment at which the snapshot service is asked, None when it is not.
    """

    bases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    snapshot: Epoch | None = None

    def of(self, archive: str) -> tuple[str, ...]:
        """The base addresses of `archive`; the snapshot service stands for an archive of Debian that has none.

        This is where to read what changes, the Release file: the snapshot service would only show an older one.
        """
        return dict(self.bases).get(archive, ()) or self._snapshots(archive)

    def urls(self, archive: str, path: str) -> tuple[str, ...]:
        """The addresses of the changing file at `path` in `archive`."""
        return _below(self.of(archive), path)

    def pinned_urls(self, archive: str, path: str) -> tuple[str, ...]:
        """The addresses of the file at `path` whose digest is known; the snapshot service is the last of them."""
        return _below(dict.fromkeys((*self.of(archive), *self._snapshots(archive))), path)

    def with_archive(self, archive: str, urls: Sequence[str]) -> Mirrors:
        """These and a further archive.

        Raises:
            ConfigurationError: For an address that cannot be used.
        """
        return replace(self, bases=tuple(sorted({**dict(self.bases), archive: _bases(urls, archive)}.items())))

    def at(self, snapshot: Epoch) -> Mirrors:
        """These, with the snapshot service asked at another moment."""
        return replace(self, snapshot=snapshot)

    def _snapshots(self, archive: str) -> tuple[str, ...]:
        if self.snapshot is None or archive not in (DEBIAN, SECURITY):
            return ()
        return (f"{SNAPSHOT}/{archive}/{format_snapshot(self.snapshot)}",)


def mirrors_from(
    *,
    configured: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    apt_sources: Collection[AptSource] = (),
    codenames: Collection[str] = (),
    snapshot: Epoch | None = None,
) -> Mirrors:
    """Work out where Debian may be had.

    An address that speaks of security in its path is one of the security archive; a mirror that ends in `/debian`
    is asked for the security archive beside itself too, since many have it there.

    Args:
        configured: The mirrors of the configuration.
        environment: The variables of the environment.
        apt_sources: The sources of this machine's apt, from `machine_sources`.
        codenames: Debian's own names of releases, by which sources of other archives are told apart.
        snapshot: The moment of the lock, or now where there is no lock yet.

    Raises:
        ConfigurationError: For an address that cannot be used.
    """
    environment = environment or {}
    said = (
        *_bases(environment.get("BAREBOAT_MIRROR", "").split(), "BAREBOAT_MIRROR"),
        *_bases(configured, "mirrors"),
    )
    debian = tuple(url for url in said if not _is_security(url))
    security = (
        *_bases(environment.get("BAREBOAT_SECURITY_MIRROR", "").split(), "BAREBOAT_SECURITY_MIRROR"),
        *(url for url in said if _is_security(url)),
    )
    beside = tuple(f"{url}-security" for url in debian if url.endswith("/debian"))
    machine = security_mirrors(apt_sources, codenames)
    bases = {
        DEBIAN: tuple(dict.fromkeys(debian or debian_mirrors(apt_sources, codenames))),
        SECURITY: tuple(dict.fromkeys(security or (*beside, *machine))),
    }
    return Mirrors(bases=tuple(sorted(bases.items())), snapshot=snapshot)


def _bases(urls: Sequence[str], where: str) -> tuple[str, ...]:
    """Addresses without a slash at the end, each of a kind that can be fetched from."""
    for url in urls:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme in _SCHEMES and bool(parts.netloc or parts.scheme in ("file", "copy"))
            is_good = is_good and not parts.query and not parts.fragment
        except ValueError:
            is_good = False
        if not is_good:
            raise ConfigurationError(
                f'{where}: cannot use "{redact_url(url)}" as the address of a mirror',
                hint="write https://host/path, or file:///path for a folder",
            )
    return tuple(url.rstrip("/") for url in urls)


def _is_security(url: str) -> bool:
    return "security" in urlsplit(url).path


def _below(bases: Collection[str], path: str) -> tuple[str, ...]:
    return tuple(f"{base}/{quote(path, safe='/~+:')}" for base in bases)
