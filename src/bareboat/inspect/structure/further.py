"""The claims of the section `bareboat`: layers, annotations, sizes, absent files, closure, user, platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bareboat.base.mode import SETGID, SETUID
from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.accepted import acceptances_in, judge
from bareboat.inspect.accounts import accounts_of, user_ids
from bareboat.inspect.closure.proof import prove
from bareboat.inspect.finding import Severity
from bareboat.inspect.rules import files, programs
from bareboat.inspect.structure.claims import Absence, Condition, Further, LayerClaims
from bareboat.inspect.structure.metadata import setting_errors, unbound_errors
from bareboat.inspect.structure.subject import Subject
from bareboat.oci.annotations import DISTRO, VARIANT
from bareboat.store.entry import EntryKind, LayerEntry

Test = tuple[str, Callable[[Subject], Iterator[str]]]
"""What a claim is called, and what does not hold of it."""

_DEVICES = frozenset({EntryKind.character_device, EntryKind.block_device, EntryKind.fifo})
_CAPABILITY = "security.capability"
_MOST_NAMED = 20


def passed_over(condition: Condition, subject: Subject) -> str:
    """Why a file is not about the image; empty when it is."""
    said = subject.manifest.annotations
    asked: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
        ("variants", condition.variants, said.get(VARIANT)),
        ("distros", condition.distros, said.get(DISTRO)),
        ("architectures", condition.architectures, subject.config.architecture),
    )
    for what, wanted, actual in asked:
        if wanted and actual not in wanted:
            return f"it is for the {what} {', '.join(wanted)}, not for {actual or 'one that does not say'}"
    return ""


def further_tests(claims: Further) -> Iterator[Test]:
    """Every claim as a test of its own."""
    if claims.layers != LayerClaims():
        yield "layers", partial(_layer_errors, claims.layers)
    if claims.annotations or claims.unbound_annotations:
        yield "annotations", partial(_annotation_errors, claims)
    if claims.architectures:
        yield "architectures", partial(_architecture_errors, claims.architectures)
    if claims.max_size is not None:
        yield "maxSize", partial(_size_errors, claims.max_size)
    for absence in claims.absent:
        yield f"absent {absence}", partial(_absence_errors, absence)
    if claims.closed:
        yield "closed", _closure_errors
    if claims.non_root is not None:
        yield "nonRoot", partial(_user_errors, wanted=claims.non_root)


def _layer_errors(claims: LayerClaims, subject: Subject) -> Iterator[str]:
    layers = subject.manifest.layers
    if claims.count not in (None, len(layers)):
        yield f"Image has {len(layers)} layers. Expected: {claims.count}"
    if claims.most is not None and len(layers) > claims.most:
        yield f"Image has {len(layers)} layers. Expected at most: {claims.most}"
    for setting in claims.annotations:
        if setting.layer > len(layers):
            yield f"Layer {setting.layer} is not there: the image has {len(layers)}"
        else:
            annotations = layers[setting.layer - 1].annotations
            yield from setting_errors([setting], annotations, f"layer {setting.layer}: annotation")


def _annotation_errors(claims: Further, subject: Subject) -> Iterator[str]:
    yield from setting_errors(claims.annotations, subject.manifest.annotations, "annotation")
    yield from unbound_errors(claims.unbound_annotations, subject.manifest.annotations, "annotation")


def _architecture_errors(wanted: tuple[str, ...], subject: Subject) -> Iterator[str]:
    there = sorted({platform.architecture for platform in subject.platforms})
    if there != sorted(set(wanted)):
        yield f"Image is for {', '.join(there)}. Expected: {', '.join(sorted(set(wanted)))}"


def _size_errors(most: int, subject: Subject) -> Iterator[str]:
    size = sum(layer.size for layer in subject.manifest.layers)
    if size > most:
        yield f"Compressed layers have {size} bytes together. Expected at most: {most}"


def _absence_errors(absence: Absence, subject: Subject) -> Iterator[str]:
    found = list(_ABSENCES[absence](subject.aboard))
    for path in found[:_MOST_NAMED]:
        yield f"/{path} should not exist: it is one of the class {absence}"
    if len(found) > _MOST_NAMED:
        yield f"{len(found) - _MOST_NAMED} more of the class {absence} exist"


def _closure_errors(subject: Subject) -> Iterator[str]:
    """Findings of the closure's rules that are errors and that the image does not accept."""
    aboard = subject.aboard
    for finding in judge(prove(aboard), acceptances_in(aboard.annotations)).open:
        if finding.rule.severity is Severity.error:
            yield f"{finding.path or 'image'}: {finding.message} [{finding.rule.name}]"


def _user_errors(subject: Subject, *, wanted: bool) -> Iterator[str]:
    aboard = subject.aboard
    said = aboard.config.config.user
    ids = user_ids(aboard, accounts_of(aboard))
    if ids is None:
        yield f'Image user "{said}" is in neither /etc/passwd nor /etc/group'
    elif wanted and ids[0] == 0:
        yield f'Image user "{said}" is root'
    elif not wanted and ids[0] != 0:
        yield f'Image user "{said}" is {ids[0]}, not root'


def _with(matches: Callable[[ImagePath, LayerEntry], bool]) -> Callable[[Aboard], Iterator[str]]:
    return lambda aboard: (path for path, entry in aboard.entries.items() if matches(path, entry))


_ABSENCES: Mapping[Absence, Callable[[Aboard], Iterator[str]]] = {
    Absence.shells: _with(programs.is_shell),
    Absence.package_managers: _with(programs.is_package_manager),
    Absence.setuid: _with(lambda _, entry: entry.kind is not EntryKind.folder and bool(entry.mode & SETUID)),
    Absence.setgid: _with(lambda _, entry: entry.kind is not EntryKind.folder and bool(entry.mode & SETGID)),
    Absence.capabilities: _with(lambda _, entry: any(key == _CAPABILITY for key, _ in entry.xattrs)),
    Absence.world_writable: _with(lambda _, entry: files.is_writable_by_all(entry)),
    Absence.devices: _with(lambda _, entry: entry.kind in _DEVICES),
    Absence.private_keys: lambda aboard: iter(sorted(aboard.private_keys)),
}
"""By what each class is known; shells and package managers are those of `bareboat check`, debug variants' too."""
