"""Why something is in an image: the chains of needs from a wish to a package, and who brought a file.

Packages list their regular files only (deb-md5sums(5)), neither links and folders nor conffiles; what no package lists
came with the stage of its layer.
"""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.base.path import ImagePath, inside, name_of, parent_of
from bareboat.base.problem import suggestion
from bareboat.inspect.chains import Chain, Need, Needs
from bareboat.inspect.chosen import Chosen, chosen_image
from bareboat.inspect.installed import InstalledPackage, installed_packages, owners
from bareboat.inspect.origins import layer_origins
from bareboat.inspect.wishes import Wish, wishes_of
from bareboat.oci.descriptor import Platform
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.images import ImageStore
from bareboat.store.rootfs import RootFilesystem


@frozen
class Place:
    """A layer, counted from one, and what the history says it is."""

    layer: int
    about: str

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"layer": self.layer, "about": self.about}


@frozen
class FollowedLink:
    """A symbolic link on the way, with where it stands."""

    path: ImagePath
    target: str
    place: Place

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"path": f"/{self.path}", "target": self.target, **self.place.to_document()}


@frozen
class WhyPath:
    """A path of the image: the links followed on the way as in a chroot, and what stands at its end.

    `kind` is None, and there is no `place`, where the last link leads nowhere.
    `packages` are those that list it, or files below it when it is a folder; `is_listed` says that a package lists it
    itself, else an effect or the configuration made it.
    """

    asked: str
    links: tuple[FollowedLink, ...]
    path: ImagePath
    kind: EntryKind | None
    place: Place | None
    packages: tuple[str, ...]
    is_listed: bool

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "asked": self.asked,
            "links": [link.to_document() for link in self.links],
            "path": f"/{self.path}",
            "kind": self.kind,
            "place": None if self.place is None else self.place.to_document(),
            "packages": list(self.packages),
            "listed": self.is_listed,
        }


@frozen
class WhyPackage:
    """A package: where it stands, the chains from wishes to it, shortest first, and what needs it directly."""

    name: str
    version: str
    place: Place
    chains: tuple[Chain, ...]
    needed_by: tuple[Need, ...]

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "place": self.place.to_document(),
            "chains": [chain.to_document() for chain in self.chains],
            "needed-by": [need.to_document() for need in self.needed_by],
        }


@frozen
class Why:
    """The answer: paths when a path or a library was asked for, and the packages that are the reason.

    `knows_wishes` is false for an image that does not say them; chains then begin at packages that nothing needs.
    """

    image: str
    platform: str
    thing: str
    paths: tuple[WhyPath, ...]
    packages: tuple[WhyPackage, ...]
    knows_wishes: bool

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "image": self.image,
            "platform": self.platform,
            "thing": self.thing,
            "paths": [path.to_document() for path in self.paths],
            "packages": [package.to_document() for package in self.packages],
            "knows-wishes": self.knows_wishes,
        }


def why(
    store: ImageStore,
    image: str,
    thing: str,
    *,
    platform: Platform | None = None,
    host: Platform | None = None,
    observer: Observer | None = None,
) -> Why:
    """Why `thing` is in an image.

    Args:
        store: The layout or archive.
        image: Its name as typed.
        thing: A package, a name that packages provide, a path that begins with `/`, or a library (`libffi.so.8`).
        platform: Which of its platforms.
        host: The platform to prefer when none is chosen, else the first.
        observer: Told how far reading is.

    Raises:
        UsageError: When there is no such image, platform or thing.
        NotFoundError: When a blob is not there.
        DigestMismatchError: When a blob is not what was promised.
        FormatError: When something is damaged.
    """
    chosen = chosen_image(store, image, platform, host)
    with RootFilesystem.of(store, chosen.manifest, observer=observer) as rootfs:
        return _Search(chosen, rootfs).answer(thing)


class _Search:
    def __init__(self, chosen: Chosen, rootfs: RootFilesystem) -> None:
        self._chosen = chosen
        self._rootfs = rootfs
        self._abouts = tuple(origin.about for origin in layer_origins(chosen.config, chosen.manifest))
        self._packages = installed_packages(rootfs)
        self._needs = Needs(self._packages)
        self._wishes = wishes_of(chosen.manifest)
        self._owners: Mapping[ImagePath, tuple[InstalledPackage, ...]] = owners(self._packages)

    def answer(self, thing: str) -> Why:
        paths: tuple[WhyPath, ...] = ()
        if thing.startswith("/"):
            paths = (self._path(thing),)
        elif not self._needs.providers(thing):
            paths = tuple(self._path(path) for path in self._libraries(thing))
            if not paths:
                raise self._unknown(thing)
        names = {name for path in paths for name in path.packages} or set(() if paths else self._needs.providers(thing))
        return Why(
            image=self._chosen.name,
            platform=str(self._chosen.config.platform),
            thing=thing,
            paths=paths,
            packages=tuple(self._package(package) for package in self._packages if package.name in names),
            knows_wishes=self._wishes is not None,
        )

    def _package(self, package: InstalledPackage) -> WhyPackage:
        wishes = self._wishes
        if wishes is None:
            wishes = tuple(Wish(stage="", package=name) for name in self._needs.unneeded())
        return WhyPackage(
            name=package.name,
            version=str(package.version),
            place=self._place(package.layer),
            chains=self._needs.chains(package.name, wishes),
            needed_by=self._needs.needing(package.name),
        )

    def _path(self, asked: str) -> WhyPath:
        walk = self._rootfs.walk(asked)
        links = tuple(
            FollowedLink(path=link.path, target=link.target, place=self._place(link.layer)) for link in walk.links
        )
        if walk.path is None and not self._is_dangling(asked, walk.links):
            raise self._no_path(asked)
        path = walk.path if walk.path is not None else walk.links[-1].path
        entry = self._rootfs.entries.get(path) if walk.path is not None else None
        listed = self._owners.get(path, ())
        below = self._below(path) if entry is None or entry.kind is EntryKind.folder else ()
        return WhyPath(
            asked=asked,
            links=links,
            path=path,
            kind=entry.kind if entry is not None else EntryKind.folder if walk.path == "" else None,
            place=None if entry is None else self._place(entry.layer),
            packages=tuple(package.name for package in listed) or below,
            is_listed=bool(listed),
        )

    def _is_dangling(self, asked: str, links: tuple[LayerEntry, ...]) -> bool:
        """Whether `asked` itself is there, as a link that leads nowhere."""
        folder, _, name = asked.rstrip("/").rpartition("/")
        parent = self._rootfs.real_path(folder)
        if parent is None or not links:
            return False
        entry = self._rootfs.entries.get(ImagePath(f"{parent}/{name}" if parent else name))
        return entry is not None and entry in links

    def _below(self, folder: ImagePath) -> tuple[str, ...]:
        """The packages that list files below `folder`, sorted."""
        return tuple(
            package.name for package in self._packages if any(inside(file, folder) for file in package.files or ())
        )

    def _libraries(self, soname: str) -> tuple[str, ...]:
        """Every path whose name is `soname`."""
        if "/" in soname or ".so" not in soname:
            return ()
        kinds = (EntryKind.file, EntryKind.hard_link, EntryKind.symbolic_link)
        entries = self._rootfs.entries.items()
        return tuple(f"/{path}" for path, entry in entries if name_of(path) == soname and entry.kind in kinds)

    def _place(self, layer: int) -> Place:
        return Place(layer=layer + 1, about=self._abouts[layer])

    def _no_path(self, asked: str) -> UsageError:
        folder, _, name = asked.rstrip("/").rpartition("/")
        parent = self._rootfs.real_path(folder)
        beside = {
            name_of(path): f"{folder}/{name_of(path)}" for path in self._rootfs.entries if parent_of(path) == parent
        }
        near = suggestion(name, beside)
        hint = near.replace('"', f'"{folder}/', 1) if near else None
        return UsageError(f'{self._what} has no path "{asked}"', hint=hint)

    def _unknown(self, thing: str) -> UsageError:
        known = {package.name for package in self._packages}
        known |= {name_of(path) for path in self._rootfs.entries if ".so." in name_of(path)}
        hint = suggestion(thing, known) or "write a package, a path that begins with /, or a library such as libc.so.6"
        return UsageError(f'{self._what} has no package and no library "{thing}"', hint=hint)

    @property
    def _what(self) -> str:
        return f'"{self._chosen.name}" for {self._chosen.config.platform}'
