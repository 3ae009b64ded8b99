"""Which authorities vouch for which registry, and which certificate we show: docker's and podman's `certs.d` folders.

    certs.d/registry.example:5000/*.crt    authorities, besides those of everybody
    certs.d/registry.example:5000/NAME.cert, NAME.key    what we show (mutual TLS)
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from bareboat.base.errors import UsageError

_NOTHING: Mapping[str, str] = MappingProxyType({})
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Trust:
    """Authorities and certificates by host.

    Args:
        folders: The `certs.d` folders; what lies in all of them counts.
        environment: Its REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE names the authorities of everybody.
    """

    def __init__(self, folders: Sequence[Path] = (), environment: Mapping[str, str] = _NOTHING) -> None:
        self._folders = tuple(folders)
        self._bundle = next((environment[name] for name in _BUNDLES if environment.get(name)), None)

    def context_for(self, host: str) -> ssl.SSLContext:
        """What TLS with `host` (and its port, when that was said) must hold.

        Raises:
            UsageError: When a file cannot be used.
        """
        context = self._everybody()
        for folder in self._folders:
            for file in _files(folder / host, ".crt"):
                with _using(file, "authority"):
                    context.load_verify_locations(cafile=file)
            for file in _files(folder / host, ".cert"):
                key = file.with_suffix(".key")
                if not key.is_file():
                    raise UsageError(f'{file}: cannot use the certificate: there is no key "{key.name}" beside it')
                with _using(file, "certificate and its key"):
                    # Nobody is asked for the password of a key.
                    context.load_cert_chain(file, key, password=lambda: "")
        return context

    def _everybody(self) -> ssl.SSLContext:
        import certifi

        bundle = Path(self._bundle or certifi.where())
        with _using(bundle, "authorities"):
            if bundle.is_dir():
                return ssl.create_default_context(capath=bundle)
            return ssl.create_default_context(cafile=bundle)


def certificate_folders(environment: Mapping[str, str], root: Path = Path("/")) -> tuple[Path, ...]:
    """Where podman and docker look, on the machine whose root folder is `root`."""
    folders = []
    if home := environment.get("HOME"):
        settings = environment.get("XDG_CONFIG_HOME", "")
        folders.append((Path(settings) if settings.startswith("/") else Path(home, ".config")) / "containers/certs.d")
    return (*folders, root / "etc/containers/certs.d", root / "etc/docker/certs.d")


def _files(place: Path, suffix: str) -> list[Path]:
    try:
        return sorted(file for file in place.iterdir() if file.suffix == suffix)
    except OSError:
        return []


@contextmanager
def _using(file: Path, what: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as fault:
        raise UsageError(f"{file}: cannot use the {what}: {fault.reason or 'it is no PEM'}") from fault
    except OSError as fault:
        raise UsageError(f"{file}: cannot use the {what}: {fault.strerror or fault}") from fault
