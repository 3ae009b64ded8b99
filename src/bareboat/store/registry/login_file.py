"""Docker's own configuration file, and podman's `auth.json`, as keepers of credentials.

    {"auths": {"registry.example": {"auth": "<base64 of user:password>"}},
     "credHelpers": {"gcr.io": "gcloud"}, "credsStore": "secretservice"}

docker(1), `config.json`; containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from bareboat.base.document import Document
from bareboat.base.errors import ConfigurationError, UsageError
from bareboat.oci.reference import DEFAULT_REGISTRY
from bareboat.store.output import writing
from bareboat.store.registry.credential_helper import Helper
from bareboat.store.registry.credentials import Credentials

_DOCKER_HUB = "https://index.docker.io/v1/"
_MODE = 0o600
_FOLDER_MODE = 0o700
_MOST_BYTES = 16 * 1024 * 1024


class LoginFile:
    """One such file; it need not be there.

    Args:
        path: Where it is.
        helper: Makes a credential helper of its name and the file that names it.
    """

    def __init__(self, path: Path, helper: Callable[[str, str], Helper] = Helper) -> None:
        self.path = path
        self._helper = helper

    def find(self, registry: str, repository: str) -> Credentials | None:
        """The credentials for a repository: of the helper of its registry, else of the file itself.

        Raises:
            ConfigurationError: When the file is no JSON, or breaks the format.
            UsageError: When the helper is broken.
        """
        document = self._read()
        if document is None:
            return None
        if (helper := self._helper_for(document, registry)) is not None:
            for server in _servers(registry):
                if (found := helper.get(server)) is not None:
                    return found
        return self._written(document, registry, repository)

    def keep(self, registry: str, credentials: Credentials) -> str:
        """Keep credentials where docker would, and return where that is, for people.

        Raises:
            ConfigurationError: When the file cannot be read.
            StoreError: When it cannot be written.
            UsageError: When a helper that should keep them is broken.
        """
        document = self._read() or Document({}, str(self.path), ConfigurationError)
        server = _servers(registry)[0]
        if (helper := self._helper_for(document, registry)) is not None:
            helper.store(server, credentials)
            return f"the credential helper that {self.path} names"
        auths = dict(self._auths(document))
        entry: dict[str, object] = {"auth": base64.b64encode(_login(credentials)).decode()}
        if credentials.identity_token:
            entry = {"auth": base64.b64encode(b"<token>:").decode(), "identitytoken": credentials.identity_token}
        auths[server] = entry
        self._write({**document.fields, "auths": auths})
        return str(self.path)

    def forget(self, registry: str) -> bool:
        """Forget the credentials of a registry; returns whether there were any. Raises as `keep`."""
        document = self._read()
        if document is None:
            return False
        had = False
        if (helper := self._helper_for(document, registry)) is not None:
            for server in _servers(registry):
                if helper.get(server) is not None:
                    helper.erase(server)
                    had = True
        auths = dict(self._auths(document))
        gone = [key for key in auths if key == registry or _bare(key) in _bare_servers(registry)]
        for key in gone:
            del auths[key]
        if gone:
            self._write({**document.fields, "auths": auths})
        return had or bool(gone)

    def _read(self) -> Document | None:
        try:
            with self.path.open("rb") as stream:
                data = stream.read(_MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            raise ConfigurationError(f"{self.path}: cannot read: {fault.strerror or fault}") from fault
        if not data.strip():
            return None
        try:
            return Document.parse(data, str(self.path), ConfigurationError)
        except ConfigurationError as fault:
            # Where JSON breaks is said; what stands there is not.
            hint = "docker cannot read it either: mend it or move it away"
            raise ConfigurationError(fault.message, hint=hint) from None

    def _helper_for(self, document: Document, registry: str) -> Helper | None:
        helpers = document.string_map("credHelpers")
        for key in (registry, *_servers(registry)):
            if name := helpers.get(key):
                return self._helper(name, str(self.path))
        name = document.optional_string("credsStore") or ""
        return self._helper(name, str(self.path)) if name else None

    def _auths(self, document: Document) -> Mapping[str, object]:
        return document.document("auths").fields if document.has("auths") else {}

    def _written(self, document: Document, registry: str, repository: str) -> Credentials | None:
        """What the file itself says: for the repository, the folders above it, or the whole registry."""
        if not document.has("auths"):
            return None
        auths = document.document("auths")
        # containers-auth.json(5): a key may be a repository or a folder of repositories, and the narrowest one counts.
        parts = repository.split("/") if repository else []
        for count in range(len(parts), 0, -1):
            key = "/".join([registry, *parts[:count]])
            if auths.has(key) and (found := self._entry(auths, key)) is not None:
                return found
        servers = _bare_servers(registry)
        for key in sorted(auths.fields, key=lambda key: (key != registry, key)):
            if _bare(key) in servers and auths.has(key) and (found := self._entry(auths, key)) is not None:
                return found
        return None

    def _entry(self, auths: Document, key: str) -> Credentials | None:
        entry = auths.document(key)
        username, password = entry.optional_string("username") or "", entry.optional_string("password") or ""
        if auth := entry.optional_string("auth"):
            try:
                login = base64.b64decode(auth, validate=True).decode().rstrip("\0")
            except (binascii.Error, ValueError):
                raise ConfigurationError(f"{entry.where}: auth is no base64 of user:password") from None
            username, colon, password = login.partition(":")
            if not colon:
                raise ConfigurationError(f"{entry.where}: auth is no base64 of user:password")
        found = Credentials(
            username=username,
            password=password,
            identity_token=entry.optional_string("identitytoken") or "",
            registry_token=entry.optional_string("registrytoken") or "",
            source=str(self.path),
        )
        is_empty = not (found.username or found.password or found.identity_token or found.registry_token)
        return None if is_empty else found

    def _write(self, fields: Mapping[str, object]) -> None:
        """The whole file or none of it, for its owner's eyes alone; a link stays one."""
        text = json.dumps(fields, indent="\t", ensure_ascii=False) + "\n"
        with writing(self.path):
            target = self.path.resolve()
            target.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            unfinished = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(8)}")
            try:
                descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(text.encode())
                    stream.flush()
                    os.fsync(stream.fileno())
                unfinished.replace(target)
            finally:
                unfinished.unlink(missing_ok=True)


def docker_file(environment: Mapping[str, str]) -> Path:
    """Where docker's configuration is: `config.json` in DOCKER_CONFIG, else in `~/.docker`.

    Raises:
        UsageError: When there is no home folder either.
    """
    if folder := environment.get("DOCKER_CONFIG"):
        return Path(folder) / "config.json"
    if home := environment.get("HOME"):
        return Path(home) / ".docker" / "config.json"
    raise UsageError("cannot find docker's configuration: there is no HOME", hint="set DOCKER_CONFIG to a folder")


def podman_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where podman, skopeo and buildah keep theirs, the first counting."""
    if named := environment.get("REGISTRY_AUTH_FILE"):
        return (Path(named),)
    files = []
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        files.append(Path(runtime) / "containers" / "auth.json")
    settings = environment.get("XDG_CONFIG_HOME", "")
    if settings.startswith("/"):
        files.append(Path(settings) / "containers" / "auth.json")
    elif home := environment.get("HOME"):
        files.append(Path(home) / ".config" / "containers" / "auth.json")
    return tuple(files)


def _login(credentials: Credentials) -> bytes:
    return f"{credentials.username}:{credentials.password}".encode()


def _servers(registry: str) -> tuple[str, ...]:
    """What docker calls a registry in its file and to its helpers, first what it writes."""
    return (_DOCKER_HUB, DEFAULT_REGISTRY) if registry == DEFAULT_REGISTRY else (registry, f"https://{registry}")


def _bare_servers(registry: str) -> frozenset[str]:
    if registry == DEFAULT_REGISTRY:
        return frozenset({DEFAULT_REGISTRY, "index.docker.io", "registry-1.docker.io"})
    return frozenset({registry})


def _bare(key: str) -> str:
    """The host that a key means: elder ones are addresses, such as `https://index.docker.io/v1/`."""
    if "://" in key:
        return key.partition("://")[2].partition("/")[0]
    return key.removesuffix("/v1/").removesuffix("/v2/").removesuffix("/v1").removesuffix("/v2").rstrip("/")
