"""`bareboat why` as text."""

from __future__ import annotations

from bareboat.base.path import ImagePath, inside
from bareboat.inspect.chains import Chain, Need
from bareboat.inspect.present.columns import columns, plain
from bareboat.inspect.why import Place, Why, WhyPackage, WhyPath
from bareboat.store.entry import EntryKind

_MOST_CHAINS = 3
_MOST_PACKAGES = 5
_CONFFILES = ImagePath("etc")


def present_why(answer: Why) -> list[str]:
    """The lines of a report of `inspect.why`."""
    lines: list[str] = []
    for path in answer.paths:
        lines += _path(path, answer)
    if len(answer.packages) > _MOST_PACKAGES:
        names = ", ".join(package.name for package in answer.packages)
        return [*lines, "", plain(f"{len(answer.packages)} packages: {names}"), "ask for one of them by its name"]
    for package in answer.packages:
        lines += ([""] if lines else []) + _package(package, answer)
    return lines


def _path(path: WhyPath, answer: Why) -> list[str]:
    lines = [plain(f"{path.asked} in {answer.image} for {answer.platform}")]
    for link in path.links:
        lines.append(plain(f"  /{link.path} is a link to {link.target}, made in {_place(link.place)}"))
    where = f"/{path.path}"
    if path.kind is None:
        return [*lines, "  which leads nowhere"]
    if path.links:
        lines.append(plain(f"  it leads to {where}, links followed as in a chroot"))
    if path.place is not None:
        lines.append(plain(f"  {where} is a {path.kind} in {_place(path.place)}"))
    return [*lines, *(plain(f"  {line}") for line in _made_by(path))]


def _made_by(path: WhyPath) -> list[str]:
    packages = ", ".join(path.packages)
    if path.is_listed:
        return [f"brought by {packages}"]
    if path.kind is EntryKind.folder:
        return [f"with files of {packages}" if packages else "with no file that a package lists"]
    stage = f"stage {path.place.about}" if path.place and path.place.about else "that layer"
    made = f"no package lists it: made by an effect or the configuration in {stage}"
    return [made + (", or a conffile of a package there" if inside(path.path, _CONFFILES) else "")]


def _package(package: WhyPackage, answer: Why) -> list[str]:
    lines = [plain(f"{package.name} {package.version} in {_place(package.place)}")]
    for chain in package.chains[:_MOST_CHAINS]:
        lines += _chain(chain)
    more = len(package.chains) - _MOST_CHAINS
    if more > 0:
        lines.append(f"  and from {more} more {'wish' if more == 1 else 'wishes'}")
    if not package.chains:
        lines.append("  no wish leads to it by Depends or Pre-Depends")
    if package.needed_by:
        lines.append("  needed directly by")
        lines += columns([[need.source, f"{need.field}: {need.relation}"] for need in package.needed_by], indent=4)
    if not answer.knows_wishes:
        lines.append("  the image does not say what was wished for: chains begin at packages that no other one needs")
    return lines


def _chain(chain: Chain) -> list[str]:
    begin = f"wish of stage {chain.stage}: {chain.wish}" if chain.stage else f"nothing needs {chain.wish}"
    stand_in = f", which {chain.start} provides" if chain.start != chain.wish else ""
    rows = [[need.source, _said(need)] for need in chain.needs]
    return [plain(f"  {begin}{stand_in}"), *columns(rows, indent=4)]


def _said(need: Need) -> str:
    return f"{need.field}: {need.relation}" + (f", which {need.target} provides" if need.provides else "")


def _place(place: Place) -> str:
    return f"layer {place.layer}" + (f" ({place.about})" if place.about else "")
