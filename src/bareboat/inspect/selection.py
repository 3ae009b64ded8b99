"""Which images of a layout are meant by what was typed: all of them or one, on all platforms or some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bareboat.base.digest import Digest
from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import Place, Problem
from bareboat.inspect.chosen import named
from bareboat.inspect.damage import DAMAGES, UNKNOWN, Damage
from bareboat.oci import media
from bareboat.oci.annotations import REF_NAME
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.validate import validate_index
from bareboat.store.images import ImageStore, manifests_of, read_config, read_document, read_manifest

_NO_SYSTEM = "unknown"  # under which BuildKit files its attestations


@frozen
class Selected:
    """The manifest of an image, with all names under which it was found, sorted.

    `platform` is what its configuration says, empty where nobody asked; `faults` are those of the indexes that lead to
    it; with `damage` no more than that is known of it, and `descriptor` may be that of an index.
    """

    names: tuple[str, ...]
    descriptor: Descriptor
    platform: str = ""
    faults: tuple[Problem, ...] = ()
    damage: Damage | None = None


def selected_images(
    store: ImageStore, name: str | None, architectures: Sequence[str] | None, platform: Platform | None
) -> tuple[Selected, ...]:
    """The images that are meant, each once, ordered by their first name, then by platform.

    What is damaged so that nobody knows its platform is always meant.

    Args:
        store: The layout or archive.
        name: As typed; None means every image, under the names of its index where an index has it.
        architectures: OCI's names; None means all.
        platform: The only one that is meant; None means all.

    Raises:
        UsageError: When there is none.
    """
    roots: Iterable[Descriptor] = store.index.manifests
    if name is not None:
        name, platform = named(store, name, platform)
        roots = store.entries(name)  # raises with a suggestion where there is none
    gathered = _Gathered(store)
    for root in roots:
        gathered.take(root)
    there = gathered.images()
    meant = [
        one
        for one, runs_on in there
        if runs_on is None
        or (
            (architectures is None or runs_on.architecture in architectures)
            and (platform is None or runs_on.runs_on(platform))
        )
    ]
    if not meant:
        platforms = [runs_on for _, runs_on in there if runs_on is not None]
        raise _nothing(store.where if name is None else f'{store.where}: "{name}"', platforms)
    return tuple(sorted(meant, key=lambda one: (not one.names, one.names, one.platform, one.descriptor.digest)))


class _Gathered:
    """The images that roots lead to, by the digest of their manifest, or of an index that cannot be read."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._shared = validate_index(store.index.to_bytes(), "index.json", in_layout=True)
        self._descriptors: dict[Digest, Descriptor] = {}
        self._names: dict[Digest, set[str]] = {}
        self._own_names: dict[Digest, set[str]] = {}
        self._faults: dict[Digest, dict[Problem, None]] = {}
        self._damages: dict[Digest, Damage] = {}

    def take(self, root: Descriptor) -> None:
        """Everything that `root` leads to; where that cannot be told, itself."""
        is_index = root.media_type in media.INDEXES
        faults: tuple[Problem, ...] = ()
        manifests: tuple[Descriptor, ...] = (root,)
        try:
            faults = validate_index(read_document(self._store, root), "index") if is_index else ()
            manifests = manifests_of(self._store, root)
        except DAMAGES as fault:
            self._damages[root.digest] = Damage.of(fault)
        for manifest in manifests:
            self._descriptors.setdefault(manifest.digest, manifest)
            names = self._names if is_index else self._own_names
            names.setdefault(manifest.digest, set()).update(filter(None, [root.annotations.get(REF_NAME)]))
            self._faults.setdefault(manifest.digest, {}).update(dict.fromkeys(faults))

    def images(self) -> list[tuple[Selected, Platform | None]]:
        """Those that are images of a filesystem, with the platform that they say they run on, as far as they can."""
        found: list[tuple[Selected, Platform | None]] = []
        for digest, descriptor in self._descriptors.items():
            damage = self._damages.get(digest)
            platform = None
            if damage is None:
                try:
                    platform = self._platform(descriptor)
                except DAMAGES as fault:
                    damage = Damage.of(fault)
            if damage is not None:
                found.append((self._selected(descriptor, descriptor.platform, (), damage), descriptor.platform))
            elif platform is not None:
                faults = [*self._shared, *self._faults[digest]]
                if descriptor.platform is not None and not descriptor.platform.runs_on(platform):
                    said = f'says "{descriptor.platform}" of the image for "{platform}"'
                    faults.append(Problem(Place("index"), said))
                found.append((self._selected(descriptor, platform, faults), platform))
        return found

    def _platform(self, descriptor: Descriptor) -> Platform | None:
        """What the configuration says; None for what is no image of a filesystem."""
        config = read_manifest(self._store, descriptor).config
        if config.media_type not in media.CONFIGS or _is_attestation(descriptor):
            return None
        return read_config(self._store, config).platform

    def _selected(
        self, descriptor: Descriptor, platform: Platform | None, faults: Sequence[Problem],
        damage: Damage | None = None,
    ) -> Selected:
        names = self._names.get(descriptor.digest) or self._own_names.get(descriptor.digest) or ()
        return Selected(
            names=tuple(sorted(names)), descriptor=descriptor, platform=str(platform or UNKNOWN),
            faults=tuple(faults), damage=damage,
        )  # fmt: skip


def _is_attestation(descriptor: Descriptor) -> bool:
    return descriptor.platform is not None and descriptor.platform.os == _NO_SYSTEM


def _nothing(what: str, there: Sequence[Platform]) -> UsageError:
    if not there:
        return UsageError(f"{what}: there is no image to check", hint="give the folder that `bareboat build` wrote")
    platforms = ", ".join(sorted({str(platform) for platform in there}))
    return UsageError(f"{what} is not for the chosen platforms", hint=f"it is for: {platforms}")
