"""The image of a registry or a layout that a recipe stands on: its layers as they are, and its filesystem as a tree.

Nothing of it is made anew: its layers stay byte for byte below ours, so that a registry mounts them and whoever has the
base image pulls only what is on top.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from bareboat.base.canon import canonical, digest_of
from bareboat.base.digest import Digest, sha256
from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.debian.status import STATUS_FOLDER, parse_md5sums
from bareboat.make.composition import Composition
from bareboat.make.contents import is_read
from bareboat.make.contribute import KEPT
from bareboat.make.elf import is_elf, read_elf
from bareboat.make.layer import Layer
from bareboat.make.prune import matches
from bareboat.make.tree import AnyEntry, Device, Directory, File, Symlink, Tree
from bareboat.make.workshop import Workshop
from bareboat.oci import media
from bareboat.oci.annotations import FOREIGN_BASE, FORMAT
from bareboat.oci.config import History, ImageConfig
from bareboat.oci.manifest import Manifest
from bareboat.plan.config.config import Accounts, GroupWish, UserWish
from bareboat.plan.lock import LockedBaseImage
from bareboat.store.blobs import Blobs, read
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.limits import MIB
from bareboat.store.rootfs import RootFilesystem

ORIGIN = "base:"
"""How the origin of what only the base image brings begins; its reference follows."""

BUNDLE = ImagePath("etc/ssl/certs/ca-certificates.crt")
"""The authorities that a base image trusts; it need not have them one by one."""

_PASSWD, _GROUP = ImagePath("etc/passwd"), ImagePath("etc/group")
_TABLES = "base-accounts"
_LISTS = ".md5sums"
_DATABASE = ImagePath("var/lib/dpkg/info")
_DEVICES = {
    EntryKind.character_device: "char",
    EntryKind.block_device: "block",
    EntryKind.fifo: "fifo",
}
_MOST_ELF_BYTES = 1024 * MIB
_MOST_TABLE_BYTES = 4 * MIB


@frozen
class BaseImage:
    """A base image on one architecture, by its documents; `reference` is what the configuration calls it."""

    reference: str
    locked: LockedBaseImage
    manifest: Manifest
    config: ImageConfig

    @classmethod
    def of(cls, reference: str, locked: LockedBaseImage, blobs: Blobs) -> BaseImage:
        """The base image whose blobs are all in `blobs`.

        Raises:
            NotFoundError: When a document is not there.
            FormatError: When one is damaged.
        """
        manifest = Manifest.parse(read(blobs, locked.manifest.digest), f'manifest of "{reference}"')
        config = ImageConfig.parse(read(blobs, locked.config.digest), f'config of "{reference}"')
        if len(config.diff_ids) != len(manifest.layers):
            raise FormatError(f'"{reference}": the configuration and the manifest have different numbers of layers')
        return cls(reference=reference, locked=locked, manifest=manifest, config=config)

    @property
    def key(self) -> Digest:
        """The digest of everything that determines it."""
        return digest_of({"base-image": str(self.locked.manifest.digest)})

    @property
    def is_ours(self) -> bool:
        """Whether Bareboat made it, and says of it what it says of every image."""
        return FORMAT in self.manifest.annotations

    @property
    def is_foreign(self) -> bool:
        """Whether another tool made some of it, so that nobody promised the contract of distroless images."""
        return not self.is_ours or FOREIGN_BASE in self.manifest.annotations

    @property
    def moment(self) -> Epoch:
        """When it was created, as far as it says so; its layers are not looked at for that."""
        try:
            return max(ZERO, self.config.created_at or ZERO)
        except FormatError:
            return ZERO

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers, base first; how large they are before compression is not known."""
        found = []
        for layer, diff_id in zip(self.manifest.layers, self.config.diff_ids, strict=True):
            compression = media.compression_of(layer.media_type)
            if compression is None:
                raise FormatError(f'"{self.reference}": "{layer.media_type}" is no filesystem layer')
            found.append(
                Layer(
                    digest=layer.digest, size=layer.size, diff_id=diff_id, unpacked_size=0,
                    compression=str(compression), moment=self.moment, about=self.reference,
                )
            )
        return tuple(found)

    @property
    def history(self) -> tuple[History, ...]:
        """Its history as it tells it, or a line for each layer where that does not fit them."""
        said = self.config.history
        if sum(not entry.empty_layer for entry in said) == len(self.manifest.layers):
            return said
        return tuple(History(created_by=f"from {self.reference}") for _ in self.manifest.layers)


@frozen
class Below:
    """A base image with the accounts that it has, for those who look up a name there."""

    image: BaseImage
    accounts: Accounts = Accounts()

    @classmethod
    def of(cls, image: BaseImage, users: Iterable[str], workshop: Workshop) -> Below:
        """`image`, whose accounts are read when one of `users` or its own user is a name.

        Raises:
            As `base_accounts`.
        """
        names = [user for user in (*users, image.config.config.user) if user.strip("0123456789:")]
        return cls(image=image, accounts=base_accounts(image, workshop) if names else Accounts())


def base_composition(base: BaseImage, workshop: Workshop) -> Composition:
    """The filesystem of `base` as a tree; what effects and rules read has its contents, ELF files their facts.

    What dpkg lists belongs to its package, so that nothing of another content is put over it; all else to the base.

    Raises:
        FormatError: When a layer is damaged, or has a path that would leave the image.
        DigestMismatchError: When a layer is not what was promised.
        NotFoundError: When a layer is not there.
    """
    with RootFilesystem.of(workshop.blobs, base.manifest) as rootfs:
        owners = _owners(rootfs)
        own = f"{ORIGIN}{base.reference}"
        entries = [_entry(rootfs, path, entry, owners.get(path, own)) for path, entry in rootfs.entries.items()]
    return Composition(tree=Tree.of(entries), moment=base.moment)


def base_accounts(base: BaseImage, workshop: Workshop) -> Accounts:
    """The users and groups that `base` has, in its order; read once and remembered.

    Raises:
        FormatError: As `base_composition`, and for a line of its tables that cannot be read.
    """
    key = digest_of({"accounts": str(base.key)})
    record = workshop.records.get(_TABLES, key)
    if record is None:
        with RootFilesystem.of(workshop.blobs, base.manifest) as rootfs:
            record = canonical({path: _text(rootfs, path) for path in (_PASSWD, _GROUP)})
        workshop.records.put(_TABLES, key, record)
    tables = json.loads(record)
    return Accounts(
        users=tuple(_user(fields) for fields in _lines(tables[_PASSWD], 7, f'"{base.reference}": /{_PASSWD}')),
        groups=tuple(_group(fields) for fields in _lines(tables[_GROUP], 4, f'"{base.reference}": /{_GROUP}')),
    )


def with_base(accounts: Accounts, base: Accounts) -> Accounts:
    """`base` with `accounts` over it: one of the same name takes its place."""
    users = {user.name: user for user in (*base.users, *accounts.users)}
    groups = {group.name: group for group in (*base.groups, *accounts.groups)}
    return Accounts(users=tuple(users.values()), groups=tuple(groups.values()))


def _entry(rootfs: RootFilesystem, path: ImagePath, entry: LayerEntry, origin: str) -> AnyEntry:
    common = {
        "path": path, "mode": entry.mode, "uid": entry.uid, "gid": entry.gid, "mtime": entry.mtime, "origin": origin,
        "xattrs": entry.xattrs,
    }  # fmt: skip
    match entry.kind:
        case EntryKind.folder:
            return Directory(**common)  # type: ignore[arg-type]
        case EntryKind.symbolic_link:
            return Symlink(**common, target=entry.target)  # type: ignore[arg-type]
        case EntryKind.file:
            return _file(rootfs, replace(entry, path=path), origin)
        case EntryKind.hard_link:
            # As seen from above every name of a file is a file: putting one away leaves the others.
            return _file(rootfs, replace(rootfs.entries[ImagePath(entry.target)], path=path), origin)
        case _:
            kind = _DEVICES[entry.kind]
            return Device(**common, kind=kind, major=entry.major, minor=entry.minor)  # type: ignore[arg-type]


def _file(rootfs: RootFilesystem, entry: LayerEntry, origin: str) -> File:
    path = entry.path
    pieces = rootfs.chunks(path)
    head = next(pieces, b"")
    is_program = is_elf(head) and entry.size <= _MOST_ELF_BYTES
    whole = is_program or matches(KEPT, path) or is_read(path, entry.size) or path == BUNDLE
    content = hashlib.sha256(head)
    held = [head]
    for piece in pieces:
        content.update(piece)
        if whole:
            held.append(piece)
    data = b"".join(held) if whole else b""
    elf = None
    if is_program:
        try:
            elf = read_elf(data, f"/{path}")
        except FormatError:
            elf = None  # a check says what is wrong with it
    return File(
        path=path, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime, origin=origin,
        xattrs=entry.xattrs, size=entry.size, digest=sha256(content.hexdigest()),
        data=data if whole and not is_program else None, elf=elf,
    )  # fmt: skip


def _owners(rootfs: RootFilesystem) -> Mapping[ImagePath, str]:
    """The origin of every file that a list of dpkg's names, links in the way followed."""
    found: dict[ImagePath, str] = {}
    for path, entry in rootfs.entries.items():
        if not path.endswith(_LISTS) or parent_of(path) not in (STATUS_FOLDER, _DATABASE):
            continue
        if entry.kind not in (EntryKind.file, EntryKind.hard_link):
            continue
        package = name_of(path).removesuffix(_LISTS).partition(":")[0]
        try:
            lines = parse_md5sums(rootfs.read(path, most_bytes=_MOST_TABLE_BYTES), f"/{path}")
        except BareboatError:
            continue  # a check says what is wrong with it
        for line in lines:
            place = line.path if line.path in rootfs.entries else rootfs.real_path(line.path)
            if place is not None:
                found[place] = f"package:{package}"
    return MappingProxyType(found)


def _text(rootfs: RootFilesystem, path: ImagePath) -> str:
    real = rootfs.real_path(path)
    entry = None if real is None else rootfs.entries.get(real)
    if real is None or entry is None or entry.kind not in (EntryKind.file, EntryKind.hard_link):
        return ""
    return rootfs.read(real, most_bytes=_MOST_TABLE_BYTES).decode("utf-8", "surrogateescape")


def _lines(text: str, count: int, where: str) -> Iterator[list[str]]:
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split(":")
        if not line.strip():
            continue
        if len(fields) != count or not fields[0] or not _are_numbers(fields[2 : count - 3]):
            raise FormatError(f'{where}:{number}: cannot read "{line[:80]}" as an account')
        yield fields


def _are_numbers(fields: Iterable[str]) -> bool:
    return all(field.isascii() and field.isdigit() and len(field) <= 10 for field in fields)


def _user(fields: list[str]) -> UserWish:
    name, _, uid, gid, gecos, home, shell = fields
    return UserWish(name=name, uid=int(uid), gid=int(gid), gecos=gecos, home=home, shell=shell)


def _group(fields: list[str]) -> GroupWish:
    name, _, gid, members = fields
    return GroupWish(name=name, gid=int(gid), members=tuple(filter(None, members.split(","))))
