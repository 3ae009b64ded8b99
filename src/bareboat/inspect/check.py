"""Checking images: what lies in a layout, or was just built, held against every rule; looked at once and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.base.observer import Observer, Silent
from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.damage import DAMAGES, Damage
from bareboat.inspect.finding import in_order
from bareboat.inspect.formats import CHECK_KEY
from bareboat.inspect.made_facts import MADE_KIND
from bareboat.inspect.read_aboard import AboardReader
from bareboat.inspect.report import CheckReport, Counts, ImageReport, record_of, report_from
from bareboat.inspect.rules.documents import of_document
from bareboat.inspect.ruleset import RULES, Judge
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.store.blobs import Blobs, Records
from bareboat.store.entry import EntryKind
from bareboat.store.images import ImageStore, read_manifest
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.verify import Check

if TYPE_CHECKING:  # what a build, which knows its images, does without
    from bareboat.inspect.selection import Selected

_KIND = "check"
_MADE_KIND = "made-check"
_TASK = "check"
_READERS = 2


def check(
    store: ImageStore,
    image: str | None = None,
    *,
    architectures: Sequence[str] | None = None,
    platform: Platform | None = None,
    records: Records | None = None,
    observer: Observer | None = None,
) -> CheckReport:
    """Check the images of `store`, every byte of which is verified, even where the report is remembered.

    An image that is damaged is told of as such, and keeps nobody from judging the others.

    Args:
        store: The layout or archive.
        image: Its name as typed; None checks all images.
        architectures: OCI's names; None checks all.
        platform: The only one to check.
        records: Where reports and the facts of layers are remembered.
        observer: Told how far it is, in images.

    Raises:
        UsageError: When there is no such image, none for the platforms, or none at all.
    """
    from bareboat.inspect.selection import selected_images

    selected = selected_images(store, image, architectures, platform)
    damages = _damages(store, selected)
    images = [(one.names[0] if one.names else one.descriptor.digest.short, one.descriptor) for one in selected]
    reports = _examined(store, records, images, observer or Silent(), damages=damages)
    return CheckReport(where=store.where, images=tuple(_told(reports, one, damages) for one in selected))


def examined(
    blobs: Blobs,
    records: Records | None,
    images: Sequence[tuple[str, Descriptor]],
    *,
    observer: Observer | None = None,
) -> tuple[ImageReport, ...]:
    """The reports of images that were just made, by name and manifest; what is in `blobs` is believed.

    An image that was examined before costs the reading of one record.

    Raises:
        NotFoundError: When a blob is not there.
        DigestMismatchError: When a blob is not what was promised.
        FormatError: When something is damaged so that no container could be started from it.
    """
    reports = _examined(blobs, records, images, observer or Silent())
    return tuple(replace(reports[descriptor.digest], names=(name,)) for name, descriptor in images)


def report_of(aboard: Aboard, digest: Digest, judge: Judge | None = None) -> ImageReport:
    """What all rules have to say of an image, without names.

    Args:
        aboard: The image.
        digest: That of its manifest.
        judge: Who judged the one before, which may have the same files.

    Raises:
        FormatError: When an annotation of ours cannot be read.
    """
    found = (Judge() if judge is None else judge).judged(aboard)
    return ImageReport(
        names=(),
        digest=digest,
        platform=str(aboard.config.platform),
        counts=_counts(aboard.files),
        findings=found.open,
        accepted=found.accepted,
    )


def _key(manifest: Digest) -> Digest:
    rules = [[rule.name, str(rule.severity)] for rule in RULES]
    return digest_of({**CHECK_KEY, "rules": rules, "manifest": str(manifest)})


def _counts(files: Files) -> Counts:
    file, entries = EntryKind.file, files.entries
    elves = [facts for path, facts in files.elves.items() if path in entries and entries[path].kind is file]
    return Counts(
        files=sum(1 for entry in entries.values() if entry.kind is file),
        elves=len(elves),
        needs=sum(len(facts.needed) + (facts.interpreter is not None) for facts in elves),
        packages=len(files.packages),
    )


def _examined(
    blobs: Blobs,
    records: Records | None,
    images: Sequence[tuple[str, Descriptor]],
    observer: Observer,
    *,
    damages: dict[Digest, Damage] | None = None,
) -> dict[Digest, ImageReport]:
    """The reports by manifest, each image once, those that share layers one after the other.

    `images` have a name for errors; `damages` are those that are known, by manifest, and grow; with None the images
    were just made: records of the making are believed, and damage is an error.
    """
    is_made = damages is None
    known = {} if damages is None else damages
    reader, judge = AboardReader(blobs, records, made_kind=MADE_KIND if is_made else None), Judge()
    kind = _MADE_KIND if is_made else _KIND
    reports: dict[Digest, ImageReport] = {}
    observer.begin(_TASK, len(images))
    try:
        waiting = []
        for name, image in images:
            report = None if image.digest in known else _remembered(records, kind, image.digest)
            if report is not None:
                reports[image.digest] = report
            elif image.digest not in known:
                waiting.append((_layers(blobs, name, image), image.digest, name, image))
                continue
            observer.advance(_TASK, 1)
        for _, digest, name, image in sorted(waiting, key=lambda one: one[:2]):
            try:
                if digest not in reports and digest not in known:
                    reports[digest] = _new_report(reader, judge, records, kind, image)
            except DAMAGES as fault:
                if is_made:
                    raise _named(fault, name) from fault
                known[digest] = Damage.of(fault)
            observer.advance(_TASK, 1)
    finally:
        observer.end(_TASK)
    return reports


def _remembered(records: Records | None, kind: str, digest: Digest) -> ImageReport | None:
    record = None if records is None else records.get(kind, _key(digest))
    return None if record is None else report_from(record)


def _new_report(
    reader: AboardReader, judge: Judge, records: Records | None, kind: str, descriptor: Descriptor
) -> ImageReport:
    report = report_of(reader.read(descriptor), descriptor.digest, judge)
    if records is not None:
        records.put(kind, _key(descriptor.digest), record_of(report))
    return report


def _told(
    reports: Mapping[Digest, ImageReport], selected: Selected, damages: Mapping[Digest, Damage]
) -> ImageReport:
    """The report under the names that were found, with what is wrong with the indexes."""
    report = reports.get(selected.descriptor.digest)
    if report is None:
        damage = damages[selected.descriptor.digest]
        return ImageReport(
            names=selected.names, digest=selected.descriptor.digest, platform=selected.platform, counts=Counts(),
            findings=(damage.finding(),), damage=damage,
        )  # fmt: skip
    faults = [of_document(fault) for fault in selected.faults]
    findings = in_order([*report.findings, *faults]) if faults else report.findings
    return replace(report, names=selected.names, findings=findings)


def _layers(blobs: Blobs, name: str, image: Descriptor) -> tuple[Digest, ...]:
    try:
        return tuple(layer.digest for layer in read_manifest(blobs, image).layers)
    except DAMAGES as fault:
        raise _named(fault, name) from fault


def _damages(store: ImageStore, selected: Sequence[Selected]) -> dict[Digest, Damage]:
    """What keeps images from being judged, by manifest, after every layer was read once.

    What is remembered of a layer must be said of these bytes.
    """
    damages = {one.descriptor.digest: one.damage for one in selected if one.damage is not None}
    layers: dict[tuple[Digest, int], tuple[Descriptor, list[Digest]]] = {}
    for one in selected:
        if one.damage is None:
            for layer in read_manifest(store, one.descriptor).layers:
                layers.setdefault((layer.digest, layer.size), (layer, []))[1].append(one.descriptor.digest)
    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda having: _damage(store, having[0]), layers.values())
        for damage, (_, images) in zip(found, layers.values(), strict=True):
            if damage is not None:
                damages = dict.fromkeys(images, damage) | damages
    return damages


def _damage(store: ImageStore, layer: Descriptor) -> Damage | None:
    try:
        check = Check(layer.digest, layer.size)
        with store.open(layer.digest) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                check.feed(chunk)
        check.finish()
    except DAMAGES as fault:
        return Damage.of(fault, f"layer {layer.digest.short}")
    return None


def _named(fault: BareboatError, name: str) -> BareboatError:
    """`fault` with its image before it."""
    damage = Damage.of(fault)
    return damage.kind(f"{name}: {damage.message}", hint=damage.hint)
