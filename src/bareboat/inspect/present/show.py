"""`bareboat show` as text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bareboat.inspect.listing import ListedImage, Listing
from bareboat.inspect.present.columns import columns, plain, size_text, titled
from bareboat.inspect.provenance import NO_LOCK
from bareboat.inspect.show import ShownImage, ShownLayer, ShownPackage
from bareboat.oci.config import Execution

_NO_NAME = "(no name)"
_UNKNOWN = "-"


def present_show(report: Listing | ShownImage) -> list[str]:
    """The lines of a report of `inspect.show`."""
    return _listing(report) if isinstance(report, Listing) else _image(report)


def _listing(listing: Listing) -> list[str]:
    if not listing.images:
        return [f"{plain(listing.where)}: no images"]
    rows = [["IMAGE", "PLATFORM", "SIZE", "CREATED", "DIGEST"]]
    for image in listing.images:
        rows.extend(_listed(image))
    return columns(rows, right=frozenset({2}), indent=0)


def _listed(image: ListedImage) -> Iterator[list[str]]:
    """A row for each platform, the first of them with the names."""
    names = ", ".join(image.names) or _NO_NAME
    if not image.platforms:
        yield [names, _UNKNOWN, _UNKNOWN, _UNKNOWN, image.digest.short]
    for one in image.platforms:
        yield [names, one.platform, size_text(one.size), one.created or _UNKNOWN, one.digest.short]
        names = ""


def _image(image: ShownImage) -> list[str]:
    head = [
        ["image", image.name],
        ["platform", image.platform + _others(image)],
        ["digest", str(image.digest)],
        ["created", image.created or _UNKNOWN],
    ]
    totals = image.totals
    sums = [
        ["compressed", size_text(totals.compressed_bytes), f"in {len(image.layers)} layers"],
        ["unpacked", size_text(totals.unpacked_bytes), "as tar"],
        ["files", size_text(totals.files_bytes), f"in {totals.files} files"],
        ["packages", size_text(totals.packaged_bytes), f"listed by {totals.packages} packages"],
    ]
    return [
        *columns(head, indent=0),
        *titled("config", columns(list(_config(image.execution)))),
        *titled("annotations", columns([[key, value] for key, value in image.annotations.items()])),
        *titled("layers", _layers(image.layers)),
        *titled("packages", _packages(image.packages)),
        *titled("totals", columns(sums, right=frozenset({1}))),
    ]


def _others(image: ShownImage) -> str:
    others = [platform for platform in image.platforms if platform != image.platform]
    return f" (also: {', '.join(others)})" if others else ""


def _config(execution: Execution) -> Iterator[list[str]]:
    single = {"user": execution.user, "workdir": execution.working_dir, "stop-signal": execution.stop_signal}
    yield from ([name, value] for name, value in single.items() if value)
    for name, words in (("entrypoint", execution.entrypoint), ("cmd", execution.cmd)):
        if words:
            yield [name, json.dumps(words, ensure_ascii=False)]
    several = {
        "env": execution.env,
        "ports": execution.exposed_ports,
        "volumes": execution.volumes,
        "labels": tuple(f"{key}={value}" for key, value in sorted(execution.labels.items())),
        "healthcheck": (json.dumps(execution.healthcheck.test),) if execution.healthcheck is not None else (),
    }
    for name, values in several.items():
        for position, value in enumerate(values):
            yield ["" if position else name, value]


def _layers(layers: tuple[ShownLayer, ...]) -> list[str]:
    rows = [["#", "SIZE", "UNPACKED", "DIGEST", "TYPE", "WHAT"]]
    for number, layer in enumerate(layers, 1):
        said = ": ".join(filter(None, [layer.origin.about, layer.origin.comment]))
        sizes = [size_text(layer.size), size_text(layer.unpacked_size)]
        rows.append([str(number), *sizes, layer.digest.short, layer.media_type.rpartition(".")[2], said or _UNKNOWN])
    return columns(rows, right=frozenset({0, 1, 2})) if layers else []


def _packages(packages: tuple[ShownPackage, ...]) -> list[str]:
    if not packages:
        return []
    has_lock = any(one.provenance.reason != NO_LOCK for one in packages)
    rows = [["PACKAGE", "VERSION", "ARCH", "SOURCE", "SIZE", "LAYER", *(["FROM", "SHA256"] if has_lock else [])]]
    for one in packages:
        package, origin = one.package, one.provenance
        same = (package.source, package.source_version) == (package.name, package.version)
        version = "" if package.source_version == package.version else f" {package.source_version}"
        rows.append([
            package.name,
            str(package.version),
            package.architecture,
            "" if same else f"{package.source}{version}",
            ("" if package.is_measured else "~") + size_text(package.installed_bytes),
            f"{one.layer} {one.about}".strip(),
            *([origin.reason or f"{origin.archive} {origin.path}"] if has_lock else []),
            *([origin.sha256.short if origin.sha256 else ""] if has_lock else []),
        ])
    lines = columns(rows, right=frozenset({4}))
    if any(not one.package.is_measured for one in packages):
        lines.append("  ~ as the package says: the image has no list of its files")
    return lines if has_lock else [*lines, f"  where they came from is {NO_LOCK}"]
