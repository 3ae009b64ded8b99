"""What a layout is to a registry: repositories with tags, worked out from the names of its entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.oci.annotations import CONTAINERD_NAME, REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import DEFAULT_REGISTRY, DEFAULT_TAG, Reference, check_tag

_OFFICIAL = "library/"

Tags = Mapping[str, Descriptor]
"""The images of a repository by tag, in the order in which a registry lists them."""


@frozen
class Catalogue:
    """The repositories that are served.

    `repositories` has each under every name that it answers to; `listed` are the names to show; `nameless` are the
    entries of the layout whose names cannot be those of a registry.
    """

    repositories: Mapping[str, Tags]
    listed: tuple[str, ...]
    nameless: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Descriptor], home: str) -> Catalogue:
        """The catalogue of the entries of an `index.json`.

        `python3-debian13:nonroot` is the tag `nonroot` of the repository `python3-debian13`, and of
        `library/python3-debian13`, which is what clients of a mirror of docker.io ask for.
        `ghcr.io/team/app:1` is `1` of `team/app`, and of `ghcr.io/team/app`.
        A name without a colon is a tag of the repository `home`, as umoci and the image specification have it; an
        entry without any name that is alone there is `latest` of it.
        Of several entries with one name the first counts, as for skopeo.

        Args:
            entries: In the order of the layout.
            home: What to call the layout itself; any text.
        """
        found: dict[str, dict[str, Descriptor]] = {}
        listed: dict[str, None] = {}
        nameless: list[str] = []
        unnamed: list[Descriptor] = []
        for entry in entries:
            names = [entry.annotations.get(key, "") for key in (REF_NAME, CONTAINERD_NAME)]
            if not any(names):
                unnamed.append(entry)
                continue
            place = _place(names, home)
            if place is None:
                nameless.append(names[0] or names[1])
                continue
            repositories, tag = place
            listed[repositories[0]] = None
            for repository in repositories:
                found.setdefault(repository, {}).setdefault(tag, entry)
        if unnamed and not found:
            own = repository_name(home)
            listed[own] = None
            found[own] = {DEFAULT_TAG: unnamed[0]} if len(unnamed) == 1 else {}
        return cls(
            repositories=MappingProxyType({name: _in_order(tags) for name, tags in found.items()}),
            listed=tuple(sorted(listed, key=lexical)),
            nameless=tuple(nameless),
        )

    def tags(self, repository: str, registry: str = "") -> Tags | None:
        """The tags of `repository`, or None when there is none of that name.

        Args:
            repository: As it stands in the address.
            registry: Which registry the client means, as containerd tells a mirror (`?ns=ghcr.io`).
        """
        return self.repositories.get(f"{_host(registry)}/{repository}") or self.repositories.get(repository)


def lexical(name: str) -> tuple[str, str]:
    """The order of lists.

    "If the list is not empty, the tags MUST be in lexical order (i.e. case-insensitive alphanumeric order)."
    """
    return name.lower(), name


def repository_name(text: str) -> str:
    """`text` made the name of a repository: `My out.tar` is `my-out-tar`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "images"


def _in_order(tags: Mapping[str, Descriptor]) -> Tags:
    return MappingProxyType({tag: tags[tag] for tag in sorted(tags, key=lexical)})


def _place(names: Iterable[str], home: str) -> tuple[list[str], str] | None:
    """Repositories, the one to list first, and the tag; the first name that has a tag says both."""
    given = [name for name in names if name]
    parsed = [(name, _parsed(name)) for name in given]
    for _, reference in parsed:
        if reference is not None and reference.tag is not None:
            return list(_repositories(reference)), reference.tag
    for name, reference in parsed:
        if reference is not None and "/" in name:
            return list(_repositories(reference)), DEFAULT_TAG
    tag = next((name for name in given if _is_tag(name)), None)
    return None if tag is None else ([repository_name(home)], tag)


def _parsed(name: str) -> Reference | None:
    try:
        return Reference.parse(name)
    except UsageError:
        return None


def _is_tag(name: str) -> bool:
    try:
        check_tag(name)
    except UsageError:
        return False
    return True


def _repositories(reference: Reference) -> Iterator[str]:
    if reference.registry == DEFAULT_REGISTRY:
        yield reference.repository.removeprefix(_OFFICIAL)
        if reference.repository.startswith(_OFFICIAL):
            yield reference.repository
    else:
        yield reference.repository
    yield f"{_host(reference.registry)}/{reference.repository}"


def _host(registry: str) -> str:
    """A registry as part of a path, which has no colon."""
    return registry.partition(":")[0].lower()
