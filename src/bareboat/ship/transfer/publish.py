"""Images into repositories of a registry: what is missing and nothing else, and tags last.

What is there is asked before anything is sent: an image that is there under its tag costs one HEAD.
A blob that another repository of the registry has is mounted from there.
A tag moves when everything under it has arrived, and everything that refers to it; until then a failure, or ^C, leaves
what users see as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.oci.descriptor import Descriptor
from bareboat.ship.transfer.contents import Part, parts_of
from bareboat.ship.transfer.origin import Origin
from bareboat.ship.transfer.team import JOBS, Team

if TYPE_CHECKING:
    from bareboat.store.registry.repository import Repository

_TASK = "push"
_MOST_MOUNTS = 2  # Each repository that is asked in vain costs a request or two.


@frozen
class Publication:
    """One image for one repository: its index or manifest, where it is, and the tags to give it.

    Without tags it is published by its digest alone, as what refers to others is.
    """

    origin: Origin
    root: Descriptor
    repository: Repository
    tags: tuple[str, ...] = ()


@frozen
class Sent:
    """How many manifests and blobs were sent, how many blobs were mounted or there already, and the bytes sent."""

    manifests: int = 0
    uploaded: int = 0
    mounted: int = 0
    there: int = 0
    bytes: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(
            manifests=self.manifests + other.manifests,
            uploaded=self.uploaded + other.uploaded,
            mounted=self.mounted + other.mounted,
            there=self.there + other.there,
            bytes=self.bytes + other.bytes,
        )

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "manifests": self.manifests, "uploaded": self.uploaded, "mounted": self.mounted, "there": self.there,
            "bytes": self.bytes,
        }  # fmt: skip


@frozen
class Published:
    """An image that can be pulled now.

    `moved` are the tags that lead to it now and did not before, `made` those of them that were not there at all.
    """

    repository: str
    root: Descriptor
    tags: tuple[str, ...]
    moved: tuple[str, ...]
    made: tuple[str, ...]
    is_new: bool

    @property
    def reference(self) -> str:
        """What to pull, by digest."""
        return f"{self.repository}@{self.root.digest}"

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "reference": self.reference, "digest": str(self.root.digest), "tags": list(self.tags),
            "moved": list(self.moved), "made": list(self.made), "new": self.is_new,
        }  # fmt: skip


@frozen
class Report:
    """What was published, in order, and what that took."""

    images: tuple[Published, ...]
    sent: Sent


@dataclass(slots=True)
class _Wanted:
    """A blob, where it is, and the repositories that may lack it."""

    descriptor: Descriptor
    origin: Origin
    repositories: dict[str, Repository] = field(default_factory=dict)


def publish(
    publications: Sequence[Publication],
    *,
    observer: Observer | None = None,
    jobs: int = JOBS,
    dry_run: bool = False,
) -> Report:
    """Have every image in its repository, under its tags.

    Args:
        publications: Images, in the order of the report; they may share repositories, of one registry.
        observer: Hears of the bytes that are sent, under the task "push".
        jobs: How many transfers are under way at a time.
        dry_run: Ask what is there, send nothing, and report what would be sent.

    Raises:
        NotFoundError: When an origin lacks something.
        DigestMismatchError: When an origin has something else.
        FormatError: When a document breaks its format.
        FetchError: When a registry refuses, or cannot be asked.
    """
    with Team(observer if observer is not None else Silent(), _TASK, jobs) as team:
        there = dict(zip(publications, team.each(_tags_there, publications), strict=True))
        moved = {one: tuple(tag for tag in one.tags if there[one].get(tag) != one.root.digest) for one in publications}
        absent = dict(zip(publications, team.each(lambda one: _is_absent(one, moved[one]), publications), strict=True))
        missing = _missing_parts([one for one in publications if absent[one]], team)
        sent = _send_blobs(missing, team, dry_run=dry_run)
        sent += _send_manifests(missing, moved, team, dry_run=dry_run)
    return Report(
        images=tuple(
            Published(
                repository=str(one.repository), root=one.root, tags=one.tags, moved=moved[one],
                made=tuple(tag for tag in moved[one] if tag not in there[one]), is_new=absent[one],
            )
            for one in publications
        ),
        sent=sent,
    )  # fmt: skip


@frozen
class _Missing:
    """A document that a repository lacks, and where it is."""

    part: Part
    origin: Origin
    repository: Repository


def _tags_there(one: Publication) -> dict[str, Digest]:
    """What those of its tags lead to that are there."""
    found = {tag: one.repository.resolve(tag) for tag in one.tags}
    return {tag: root.digest for tag, root in found.items() if root is not None}


def _is_absent(one: Publication, moved: Sequence[str]) -> bool:
    if len(moved) < len(one.tags):
        return False  # One of its tags leads to it.
    return one.repository.resolve(one.root.digest) is None


def _missing_parts(publications: Iterable[Publication], team: Team) -> list[_Missing]:
    """The documents that are not there, children before parents, each once for a repository."""
    roots = {(_name(one.repository), one.root.digest) for one in publications}
    found: dict[tuple[str, Digest], _Missing] = {}
    for one in publications:
        for part in parts_of(one.origin, one.root, team.each):
            key = _name(one.repository), part.descriptor.digest
            found.setdefault(key, _Missing(part=part, origin=one.origin, repository=one.repository))
    unsure = [key for key in found if key not in roots]
    there = team.each(lambda key: found[key].repository.resolve(key[1]) is not None, unsure)
    known = {key for key, is_there in zip(unsure, there, strict=True) if is_there}
    return [one for key, one in found.items() if key not in known]


def _send_blobs(missing: Iterable[_Missing], team: Team, *, dry_run: bool) -> Sent:
    wanted: dict[Digest, _Wanted] = {}
    for one in missing:
        for blob in one.part.blobs:
            known = wanted.setdefault(blob.digest, _Wanted(descriptor=blob, origin=one.origin))
            known.repositories[_name(one.repository)] = one.repository
    total = sum(one.descriptor.size * len(one.repositories) for one in wanted.values())
    # The largest first, so that none of them is alone at the end.
    work = sorted(wanted.values(), key=lambda one: (-one.descriptor.size, one.descriptor.digest))
    team.observer.begin(team.task, total)
    try:
        return reduce(Sent.__add__, team.each(lambda one: _send_blob(one, team, dry_run=dry_run), work), Sent())
    finally:
        team.observer.end(team.task)


def _send_blob(wanted: _Wanted, team: Team, *, dry_run: bool) -> Sent:
    """Have a blob in every repository that needs it: sent to one of them, mounted from there by the others."""
    blob, sent = wanted.descriptor, Sent()
    lacking = {name: one for name, one in wanted.repositories.items() if not one.has(blob)}
    registry = next(iter(wanted.repositories.values())).registry
    having = [name for name in wanted.repositories if name not in lacking]
    having += [name for name in wanted.origin.repositories_on(registry) if name not in having]
    for _ in range(len(wanted.repositories) - len(lacking)):
        sent += Sent(there=1)
        team.advance(blob.size)
    for name, repository in lacking.items():
        if dry_run:
            is_sent = not having
        else:
            is_sent = repository.upload(
                blob, lambda: team.heard(wanted.origin.open(blob)), mount_from=having[:_MOST_MOUNTS], is_missing=True
            )
        if is_sent:
            sent += Sent(uploaded=1, bytes=blob.size)
        else:
            sent += Sent(mounted=1)
            team.advance(blob.size)
        having.append(name)
    return sent


def _send_manifests(
    missing: Sequence[_Missing], moved: Mapping[Publication, Sequence[str]], team: Team, *, dry_run: bool
) -> Sent:
    """Documents by digest, each after what it names; then tags."""
    tagged = {(_name(one.repository), one.root.digest) for one, tags in moved.items() if tags}
    named = {(_name(one.repository), digest) for one in missing for digest in _named_by(one.part)}
    untagged = [one for one in missing if (key := _key(one)) not in tagged or key in named]
    moves = [(one, tag) for one, tags in moved.items() for tag in tags]
    if not dry_run:
        for height in sorted({one.part.height for one in untagged}):
            team.each(_put_all, _apart([one for one in untagged if one.part.height == height]))
        by_repository: dict[str, list[tuple[Publication, str]]] = {}
        for one, tag in moves:
            by_repository.setdefault(_name(one.repository), []).append((one, tag))
        team.each(_move, list(by_repository.values()))
    sizes = [len(one.part.data) for one in untagged] + [one.root.size for one, _ in moves]
    return Sent(manifests=len(sizes), bytes=sum(sizes))


def _apart(documents: Iterable[_Missing]) -> list[list[_Missing]]:
    """Documents that can be put at the same time.

    Those that refer to others cannot within one repository: where the registry keeps no referrers, each puts a new list
    of them in the place of the last one.
    """
    groups: dict[tuple[str, Digest | None], list[_Missing]] = {}
    for one in documents:
        digest = None if one.part.subject is not None else one.part.descriptor.digest
        groups.setdefault((_name(one.repository), digest), []).append(one)
    return list(groups.values())


def _put_all(documents: Sequence[_Missing]) -> None:
    for one in documents:
        descriptor = one.part.descriptor
        one.repository.put(one.part.data, descriptor.media_type, descriptor.digest)


def _move(moves: Sequence[tuple[Publication, str]]) -> None:
    """Tags of one repository, one after the other.

    The distribution registry writes anew what it knows of a manifest whenever that is put, and refuses an index whose
    manifest is just being put by somebody else.
    """
    for one, tag in moves:
        one.repository.put(one.origin.document(one.root), one.root.media_type, tag)


def _named_by(part: Part) -> Iterator[Digest]:
    return (child.digest for child in part.documents)


def _key(one: _Missing) -> tuple[str, Digest]:
    return _name(one.repository), one.part.descriptor.digest


def _name(repository: Repository) -> str:
    return repository.name
