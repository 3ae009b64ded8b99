"""The npm registry that this machine is configured with; Bareboat knows none by itself.

npm reads, the first counting: the environment (`npm_config_registry`, in any case), the project's `.npmrc`, the
user's `~/.npmrc`, the global `npmrc` (npmrc(5)).
A package's own place in a registry is `<registry>/<name>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bareboat.base.errors import ConfigurationError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact_url
from bareboat.store.http import Authorization

_VARIABLE = re.compile(r"\$\{([^${}]+)\}")
_SCHEMES = ("http", "https")
_HINT = "set NPM_CONFIG_REGISTRY, or write registry=https://host/path/ into ~/.npmrc"


@frozen
class Registry:
    """The address of a registry, with a slash at the end, and what to say to be let in."""

    url: str
    authorizations: tuple[Authorization, ...] = ()

    def urls(self, path: str) -> tuple[str, ...]:
        """The addresses of what lies at `path`."""
        return (self.url + path.lstrip("/"),)


def npmrc_files(environment: Mapping[str, str], project: Path) -> tuple[Path, ...]:
    """Where npm looks for its settings, the first counting.

    Args:
        environment: The variables of the environment.
        project: The folder of the project.
    """
    variables = _by_lower_name(environment)
    home = Path(variables.get("home") or "/")
    prefix = Path(variables.get("npm_config_prefix") or variables.get("prefix") or "/usr/local")
    return (
        project / ".npmrc",
        Path(variables.get("npm_config_userconfig") or home / ".npmrc"),
        Path(variables.get("npm_config_globalconfig") or prefix / "etc" / "npmrc"),
    )


def registry_from(
    environment: Mapping[str, str], files: Sequence[str], ask_npm: Callable[[], str | None] = lambda: None
) -> Registry:
    """The registry to ask.

    Args:
        environment: The variables of the environment.
        files: The texts of the `.npmrc` files, the first counting.
        ask_npm: Says what `npm config get registry` says, or None where there is no npm.

    Raises:
        ConfigurationError: When nobody names a registry, or its address cannot be used.
    """
    settings = [_settings(text, environment) for text in files]
    named = [_by_lower_name(environment).get("npm_config_registry"), *(one.get("registry") for one in settings)]
    url = next((name for name in named if name), None) or (ask_npm() or "").strip()
    if not url:
        raise ConfigurationError("cannot tell which npm registry to ask: none is configured", hint=_HINT)
    try:
        is_good = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).netloc)
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigurationError(f'cannot use "{redact_url(url)}" as an npm registry', hint=_HINT)
    merged = {name: value for one in reversed(settings) for name, value in one.items()}
    return Registry(url=url.rstrip("/") + "/", authorizations=_authorizations(merged))


def _settings(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The `name = value` lines; `${NAME}` is replaced from the environment, as npm does."""
    settings = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith((";", "#")):
            plain = value.strip().strip("\"'")
            settings[name.strip()] = _VARIABLE.sub(lambda match: environment.get(match[1], match[0]), plain)
    return settings


def _authorizations(settings: Mapping[str, str]) -> tuple[Authorization, ...]:
    """`//host/path/:_authToken=…` and `:_auth=…`, for that host and path alone."""
    found = []
    for name, value in sorted(settings.items()):
        place, _, kind = name.rpartition(":")
        word = {"_authToken": "Bearer", "_auth": "Basic"}.get(kind)
        if word is not None and place.startswith("//"):
            prefix = place.rstrip("/") + "/"
            found += [Authorization(prefix=f"{scheme}:{prefix}", value=f"{word} {value}") for scheme in _SCHEMES]
    return tuple(found)


def _by_lower_name(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in sorted(environment.items())}
