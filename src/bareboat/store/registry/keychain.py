"""Who knows our credentials on this machine: docker's configuration, podman's, and `~/.netrc`, in this order."""

from __future__ import annotations

import netrc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bareboat.base.errors import ConfigurationError
from bareboat.store.registry.credentials import Credentials, Keychain
from bareboat.store.registry.login_file import LoginFile, docker_file, podman_files


class Chain:
    """Several keychains; the first that knows something counts.

    Args:
        links: The keychains.
    """

    def __init__(self, links: Sequence[Keychain]) -> None:
        self._links = tuple(links)

    def find(self, registry: str, repository: str) -> Credentials | None:
        """As `Keychain.find`."""
        for link in self._links:
            if (found := link.find(registry, repository)) is not None:
                return found
        return None


class Netrc:
    """The file of logins that ftp(1), curl and git read; its `default` entry is for nobody in particular, so for none.

    Args:
        path: Where it is; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, registry: str, repository: str) -> Credentials | None:  # noqa: ARG002  the port names it
        """The login for the registry's host, with its port or without.

        Raises:
            ConfigurationError: When the file cannot be read.
        """
        try:
            hosts = netrc.netrc(self._path).hosts
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise ConfigurationError(f"{self._path}: cannot read: {fault.strerror or fault}") from fault
        except (netrc.NetrcParseError, ValueError):
            # What the parser says of the fault holds words of the file.
            raise ConfigurationError(f"{self._path}: cannot read as logins for netrc") from None
        for host in (registry, urlsplit(f"//{registry}").hostname or ""):
            if host in hosts and host != "default":
                login, _, password = hosts[host]
                return Credentials(username=login, password=password or "", source=str(self._path))
        return None


def machine_keychain(environment: Mapping[str, str] = os.environ) -> Chain:
    """The keychain of this user on this machine.

    Args:
        environment: DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, NETRC, HOME.
    """
    links: list[Keychain] = []
    if environment.get("DOCKER_CONFIG") or environment.get("HOME"):
        links.append(LoginFile(docker_file(environment)))
    links.extend(LoginFile(path) for path in podman_files(environment))
    if named := environment.get("NETRC"):
        links.append(Netrc(Path(named)))
    elif home := environment.get("HOME"):
        links.append(Netrc(Path(home) / ".netrc"))
    return Chain(links)
