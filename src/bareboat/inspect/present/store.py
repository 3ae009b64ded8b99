"""The store as text, and for programs: what it holds, whether it is sound, what was swept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bareboat.base.epoch import Epoch, format_rfc3339
from bareboat.inspect.present.columns import columns, size_text
from bareboat.store.census import Amount, Holdings, Sort, Status
from bareboat.store.soundness import Soundness

_HOUR_S = 3_600
_DAY_S = 86_400
_RIGHT = frozenset({1, 2})
_TITLES: Mapping[str, str] = {
    Sort.packages: "packages",
    Sort.indexes: "package indexes",
    Sort.layers: "layers",
    Sort.members: "parts of layers",
    Sort.contents: "contents that effects read",
    Sort.documents: "OCI documents",
    Sort.files: "other files",
}


def present_status(folder: Path, status: Status, *, now: float) -> list[str]:
    """What the store holds, a line for each sort."""
    lines = [f"{folder}: {_amount(status.holdings.everything)}, {size_text(status.free)} free on this disk"]
    lines += _table(status.holdings)
    if status.oldest_use is not None and status.newest_use is not None:
        lines.append(f"last used: {_ago(now - status.newest_use)}; the oldest of it: {_ago(now - status.oldest_use)}")
    return lines


def status_document(folder: Path, status: Status) -> dict[str, object]:
    """The same for programs; uses are dates, sizes are bytes."""
    return {
        "folder": str(folder),
        **_holdings(status.holdings),
        "free": status.free,
        "oldest-use": _date(status.oldest_use),
        "newest-use": _date(status.newest_use),
    }


def present_soundness(folder: Path, found: Soundness) -> list[str]:
    """Every fault by name; for a sound store its verdict."""
    lines = [f"damaged: {digest}" for digest in found.damaged]
    lines += [f"damaged: record {record}" for record in found.damaged_records]
    if found.stale:
        done = "were removed" if found.refused is None else "are there"
        lines.append(f"{len(found.stale)} records and names that serve nobody any more {done}; that is no damage")
    return [*lines, verdict(folder, found)] if found.is_sound else lines


def verdict(folder: Path, found: Soundness) -> str:
    """Whether the store is sound, in one sentence."""
    looked_at = f"{found.blobs.count} blobs ({size_text(found.blobs.bytes)}) and {found.records} records"
    if found.is_sound:
        return f"{folder} is sound: {looked_at}"
    count = len(found.damaged) + len(found.damaged_records)
    return f"{folder}: of {looked_at}, {count} were damaged{'' if found.refused else ' and are removed'}"


def mend(found: Soundness) -> str:
    """What to do about damage."""
    if found.refused is not None:
        return f"it could not be removed: {found.refused}"
    return "nothing needs to be done: they are fetched or made again when they are needed; is the disk healthy?"


def soundness_document(folder: Path, found: Soundness) -> dict[str, object]:
    """The same for programs."""
    return {
        "folder": str(folder),
        "sound": found.is_sound,
        "blobs": _fields(found.blobs),
        "records": found.records,
        "damaged": [str(digest) for digest in found.damaged],
        "damaged-records": [str(record) for record in found.damaged_records],
        "stale": [str(one) for one in found.stale],
        "removed": found.refused is None,
    }


def present_swept(folder: Path, gone: Holdings, *, dry_run: bool) -> list[str]:
    """What went, a line for each sort."""
    if not gone.everything.count:
        return [f"{folder}: nothing {'would go' if dry_run else 'went'}"]
    return [f"{folder}: {_amount(gone.everything)} {'would go' if dry_run else 'went'}", *_table(gone)]


def swept_document(folder: Path, gone: Holdings, *, dry_run: bool) -> dict[str, object]:
    """The same for programs."""
    return {"folder": str(folder), "dry-run": dry_run, **_holdings(gone)}


def _table(held: Holdings) -> list[str]:
    groups = {"blobs": held.blobs, "records": held.records}
    rows = []
    for title, amounts in groups.items():
        total = sum(amounts.values(), Amount())
        rows.append([title, str(total.count), size_text(total.bytes)])
        for name, one in amounts.items():
            rows.append([f"  {_TITLES.get(name, name)}", str(one.count), size_text(one.bytes)])
    rows.append(["unfinished files", str(held.unfinished.count), size_text(held.unfinished.bytes)])
    return columns(rows, right=_RIGHT)


def _holdings(held: Holdings) -> dict[str, object]:
    return {
        "blobs": _group(held.blobs),
        "records": _group(held.records),
        "unfinished": _fields(held.unfinished),
    }


def _group(amounts: Mapping[str, Amount]) -> dict[str, object]:
    total = sum(amounts.values(), Amount())
    return {**_fields(total), "sorts": {str(name): _fields(one) for name, one in amounts.items()}}


def _fields(amount: Amount) -> dict[str, object]:
    return {"count": amount.count, "bytes": amount.bytes}


def _amount(amount: Amount) -> str:
    return f"{amount.count} files, {size_text(amount.bytes)}"


def _ago(seconds: float) -> str:
    """How long ago, as exactly as the store knows it."""
    if seconds < 2 * _HOUR_S:
        return "within two hours"
    if seconds < 2 * _DAY_S:
        return f"{seconds / _HOUR_S:.0f} hours ago"
    return f"{seconds / _DAY_S:.0f} days ago"


def _date(seconds: float | None) -> str | None:
    return None if seconds is None else format_rfc3339(Epoch(int(seconds)))
