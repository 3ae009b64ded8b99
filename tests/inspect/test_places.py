"""Where paths lead, gone with the way to each folder remembered, is where they lead gone step by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.path import ImagePath
from bareboat.inspect.places import Places
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.walk import walk

NAMES = st.sampled_from(["a", "b", "c", ".", "..", ""])
PATHS = st.lists(NAMES, max_size=5).map("/".join) | st.lists(NAMES, max_size=5).map(lambda names: "/" + "/".join(names))
REAL = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join).map(ImagePath)


def tree(links: dict[ImagePath, str], files: list[ImagePath]) -> dict[ImagePath, LayerEntry]:
    """Links and files, with folders above them; what would stand in a link or a file is left out."""
    entries: dict[ImagePath, LayerEntry] = {}
    kinds = {**dict.fromkeys(files, EntryKind.file), **dict.fromkeys(links, EntryKind.symbolic_link)}
    for path in sorted(kinds):
        above = [ImagePath(path[:end]) for end in range(len(path)) if path[end] == "/"]
        if all(entries[one].kind is EntryKind.folder for one in above if one in entries) and path not in entries:
            for one in above:
                entries.setdefault(one, LayerEntry(path=one, kind=EntryKind.folder, mode=0o755, layer=0))
            entries[path] = LayerEntry(path=path, kind=kinds[path], mode=0o755, target=links.get(path, ""), layer=0)
    return dict(sorted(entries.items()))


@given(
    links=st.dictionaries(REAL, PATHS.filter(bool), max_size=6),
    files=st.lists(REAL, max_size=4),
    asked=st.lists(PATHS, min_size=1, max_size=8),
)
def test_a_path_leads_where_a_walk_leads(links: dict[ImagePath, str], files: list[ImagePath], asked: list[str]) -> None:
    entries = tree(links, files)
    places = Places(entries)

    assert [places.real(path) for path in asked] == [walk(entries, path).path for path in asked]
    assert set(places.dead_ends) == {path for path in links if path in entries and walk(entries, path).path is None}
