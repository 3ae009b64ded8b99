"""Where an image can be found: `registry:5000/repository:tag@sha256:…`, and the names inside an image layout.

OCI distribution specification 1.1, "Pulling manifests"; for what goes without saying, the grammar of the reference
implementation and Docker's defaults (`docker.io`, `library/`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, UsageError
from bareboat.base.frozen import frozen

DEFAULT_REGISTRY = "docker.io"
DEFAULT_TAG = "latest"

_OFFICIAL = "library/"
_ELDER_REGISTRIES = frozenset({"index.docker.io", "registry-1.docker.io"})

# "<name> MUST match the following regular expression:
# [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*" (distribution specification)
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"

# "<reference> as a tag MUST be at most 128 characters in length and MUST match the following regular expression:
# [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}" (distribution specification)
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"

# "many clients impose a limit of 255 characters on the length of the concatenation of the registry hostname (and
# optional port), /, and <name> value." (distribution specification)
_MOST_NAME = 255

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?"

# `ref ::= component ("/" component)*`, `component ::= alphanum (separator alphanum)*`,
# `separator ::= [-._:@+] | "--"` (annotations.md, `org.opencontainers.image.ref.name`)
_REF_NAME = r"[A-Za-z0-9]+(?:(?:--|[-._:@+/])[A-Za-z0-9]+)*"

# `user:password@host/…`, as in addresses; a digest follows the @ of a reference, and no registry is called like one.
_LOGIN = r"(?:[a-z]+://)?(?:[^/@]*@([^/@]+)/|[^/@]*:[^/@]*@(?!sha)([^/@]+)$)"

_HEXADECIMAL_NAME = r"[a-f0-9]{64}"


@frozen(order=True)
class Reference:
    """A place in a registry; `tag` and `digest` are there when they were said."""

    registry: str = DEFAULT_REGISTRY
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}{self._suffix}"

    @property
    def familiar(self) -> str:
        """As docker shows it: without what goes without saying."""
        if self.registry != DEFAULT_REGISTRY:
            return str(self)
        name = self.repository.removeprefix(_OFFICIAL)
        return (self.repository if "/" in name else name) + self._suffix

    @property
    def version(self) -> str:
        """What to ask a registry for: the digest, else the tag, else `latest`."""
        return str(self.digest) if self.digest else self.tag or DEFAULT_TAG

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_tag(self, tag: str) -> Reference:
        """The same repository at `tag`.

        Raises:
            UsageError: When `tag` breaks the grammar.
        """
        return replace(self, tag=check_tag(tag), digest=None)

    def with_digest(self, digest: Digest) -> Reference:
        """The same repository at `digest`."""
        return replace(self, tag=None, digest=digest)

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference as people type it.

        The first part is a registry when it has a dot or a colon, an upper-case letter, or is `localhost`.

        Raises:
            UsageError: When it breaks the grammar, saying which part does.
        """
        if not text:
            raise UsageError("cannot read an empty image reference", hint=_EXAMPLE)
        login = re.match(_LOGIN, text)
        if login is not None:
            hint = f"`bareboat login {login[1] or login[2]}`, and leave it out of the reference"
            raise UsageError("cannot read an image reference with a login in it", hint=hint)
        rest, at, digest_text = text.partition("@")
        digest = _digest(text, digest_text) if at else None
        name, tag = rest, None
        head, colon, tail = rest.rpartition(":")
        if colon and "/" not in tail and "]" not in tail:
            name, tag = head, check_tag(tail, f'image reference "{text[:300]}"')
        registry, repository = _split(name)
        _check_name(text, registry, repository)
        return cls(registry=registry, repository=repository, tag=tag, digest=digest)


_EXAMPLE = "write it as registry.example:5000/team/image:tag"


def check_tag(tag: str, where: str = "tag") -> str:
    """`tag`, when it is one.

    Raises:
        UsageError: When it breaks the grammar.
    """
    if not re.fullmatch(_TAG, tag):
        raise UsageError(
            f'{where}: cannot use "{tag[:140]}" as a tag',
            hint="a tag has up to 128 of the characters A-Z a-z 0-9 . _ - and begins with none of . -",
        )
    return tag


def is_ref_name(text: str) -> bool:
    """Whether `text` may name an image inside an image layout."""
    return re.fullmatch(_REF_NAME, text) is not None


def _split(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and (any(mark in first for mark in ".:[") or first == "localhost" or first != first.lower()):
        registry, repository = (DEFAULT_REGISTRY if first in _ELDER_REGISTRIES else first), rest
    else:
        registry, repository = DEFAULT_REGISTRY, name
    if registry == DEFAULT_REGISTRY and repository and "/" not in repository:
        repository = _OFFICIAL + repository
    return registry, repository


def _check_name(text: str, registry: str, repository: str) -> None:
    where = f'image reference "{text[:300]}"'
    if "://" in text:
        raise UsageError(f"{where}: cannot have a scheme", hint=f"leave out {text.partition('://')[0]}://")
    if not re.fullmatch(_REGISTRY, registry):
        raise UsageError(f'{where}: cannot use "{registry[:140]}" as a registry', hint=_EXAMPLE)
    if not repository:
        raise UsageError(f"{where}: has no repository", hint=_EXAMPLE)
    if len(registry) + 1 + len(repository) > _MOST_NAME:
        raise UsageError(f"{where}: the name is longer than 255 characters")
    if not re.fullmatch(_REPOSITORY, repository):
        lower = repository.lower()
        hint = f'repositories are lower case: "{lower}"' if re.fullmatch(_REPOSITORY, lower) else _EXAMPLE
        raise UsageError(f'{where}: cannot use "{repository}" as a repository', hint=hint)
    if re.fullmatch(_HEXADECIMAL_NAME, repository.removeprefix(_OFFICIAL)):
        raise UsageError(f"{where}: looks like an image ID, not like a name", hint="write image@sha256:… for a digest")


def _digest(text: str, digest_text: str) -> Digest:
    try:
        return Digest.parse(digest_text)
    except BareboatError as fault:
        raise UsageError(f'image reference "{text[:300]}": {fault.message}') from fault
