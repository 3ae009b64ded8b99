"""Checking images: what lies in a layout, or was just built, held against every rule; looked at once and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.base.observer import Observer, Silent
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.damage import DAMAGES, Damage
from bareboat.inspect.finding import in_order
from bareboat.inspect.formats import CHECK_KEY
from bareboat.inspect.made_facts import MADE_KIND
from bareboat.inspect.read_aboard import AboardReader
from bareboat.inspect.report import CheckReport, Counts, ImageReport, record_of, report_from
from bareboat.inspect.rules.documents import of_document
from bareboat.inspect.ruleset import RULES, judged
from bareboat.inspect.selection import Selected, selected_images
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.store.blobs import Blobs, Records
from bareboat.store.entry import EntryKind
from bareboat.store.images import ImageStore, read_manifest
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.verify import Check

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
    selected = selected_images(store, image, architectures, platform)
    damages = _damages(store, selected)
    reports = _examined(store, records, selected, observer or Silent(), damages=damages)
    return CheckReport(where=store.where, images=reports)


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
    selected = [Selected(names=(name,), descriptor=descriptor) for name, descriptor in images]
    return _examined(blobs, records, selected, observer or Silent())


def report_of(aboard: Aboard, digest: Digest) -> ImageReport:
    """What all rules have to say of an image, without names.

    Raises:
        FormatError: When an annotation of ours cannot be read.
    """
    found = judged(aboard)
    return ImageReport(
        names=(),
        digest=digest,
        platform=str(aboard.config.platform),
        counts=_counts(aboard),
        findings=found.open,
        accepted=found.accepted,
    )


def _key(manifest: Digest) -> Digest:
    rules = [[rule.name, str(rule.severity)] for rule in RULES]
    return digest_of({**CHECK_KEY, "rules": rules, "manifest": str(manifest)})


def _counts(aboard: Aboard) -> Counts:
    files = {path for path, entry in aboard.entries.items() if entry.kind is EntryKind.file}
    elves = [facts for path, facts in aboard.elves.items() if path in files]
    return Counts(
        files=len(files),
        elves=len(elves),
        needs=sum(len(facts.needed) + (facts.interpreter is not None) for facts in elves),
        packages=len(aboard.packages),
    )


def _examined(
    blobs: Blobs,
    records: Records | None,
    selected: Sequence[Selected],
    observer: Observer,
    *,
    damages: dict[Digest, Damage] | None = None,
) -> tuple[ImageReport, ...]:
    """Each image once, those that share layers one after the other; in the order that was asked for.

    `damages` are those that are known, by manifest, and grow; with None the images were just made: records of the
    making are believed, and damage is an error.
    """
    is_made = damages is None
    known = {} if damages is None else damages
    reader = AboardReader(blobs, records, made_kind=MADE_KIND if is_made else None)
    kind = _MADE_KIND if is_made else _KIND
    reports: dict[Digest, ImageReport] = {}
    observer.begin(_TASK, len(selected))
    try:
        waiting = []
        for one in selected:
            report = None if one.descriptor.digest in known else _remembered(records, kind, one.descriptor.digest)
            if report is not None:
                reports[one.descriptor.digest] = report
            elif one.descriptor.digest not in known:
                waiting.append((_layers(blobs, one), one))
                continue
            observer.advance(_TASK, 1)
        for _, one in sorted(waiting, key=lambda pair: (pair[0], pair[1].descriptor.digest)):
            try:
                if one.descriptor.digest not in reports and one.descriptor.digest not in known:
                    reports[one.descriptor.digest] = _new_report(reader, records, kind, one.descriptor)
            except DAMAGES as fault:
                if is_made:
                    raise _named(fault, one) from fault
                known[one.descriptor.digest] = Damage.of(fault)
            observer.advance(_TASK, 1)
    finally:
        observer.end(_TASK)
    return tuple(_told(reports.get(one.descriptor.digest), one, known) for one in selected)


def _remembered(records: Records | None, kind: str, digest: Digest) -> ImageReport | None:
    record = None if records is None else records.get(kind, _key(digest))
    return None if record is None else report_from(record)


def _new_report(reader: AboardReader, records: Records | None, kind: str, descriptor: Descriptor) -> ImageReport:
    report = report_of(reader.read(descriptor), descriptor.digest)
    if records is not None:
        records.put(kind, _key(descriptor.digest), record_of(report))
    return report


def _told(report: ImageReport | None, selected: Selected, damages: Mapping[Digest, Damage]) -> ImageReport:
    """The report under the names that were found, with what is wrong with the indexes."""
    if report is None:
        damage = damages[selected.descriptor.digest]
        return ImageReport(
            names=selected.names, digest=selected.descriptor.digest, platform=selected.platform, counts=Counts(),
            findings=(damage.finding(),), damage=damage,
        )  # fmt: skip
    faults = [of_document(fault) for fault in selected.faults]
    findings = in_order([*report.findings, *faults]) if faults else report.findings
    return replace(report, names=selected.names, findings=findings)


def _layers(blobs: Blobs, selected: Selected) -> tuple[Digest, ...]:
    try:
        return tuple(layer.digest for layer in read_manifest(blobs, selected.descriptor).layers)
    except DAMAGES as fault:
        raise _named(fault, selected) from fault


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


def _named(fault: BareboatError, selected: Selected) -> BareboatError:
    """`fault` with its image before it."""
    damage = Damage.of(fault)
    name = selected.names[0] if selected.names else selected.descriptor.digest.short
    return damage.kind(f"{name}: {damage.message}", hint=damage.hint)
