"""Tests of files: whether a path is there, whose it is, what it may, what it holds, and which licences are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bareboat.base.errors import FetchError, FormatError
from bareboat.base.mode import SETGID, SETUID
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.inspect.structure.claims import ContentTest, Executor, ExistenceTest, LicenceTest
from bareboat.inspect.structure.expand import expanded
from bareboat.inspect.structure.subject import Subject
from bareboat.store.entry import EntryKind, LayerEntry

_STICKY = 0o1000
_DOCUMENTATION = "usr/share/doc"
_REFUSED_LICENCES = ("AGPL", "WTFPL")
_SPARED = frozenset({"libgnutls30"})  # the original passes over it
_EXECUTABLE = {Executor.any: 0o111, Executor.owner: 0o100, Executor.group: 0o010, Executor.other: 0o001}
_KIND_LETTERS = {
    EntryKind.folder: "d",
    EntryKind.symbolic_link: "L",
    EntryKind.character_device: "Dc",
    EntryKind.block_device: "D",
    EntryKind.fifo: "p",
}
_LETTERS = "dalTLDpSugct"  # the order in which Go's fs.FileMode writes them
_MOST_SHOWN = 500


def text_of(data: bytes) -> str:
    """Bytes as Go's `regexp` sees them: each byte that is no UTF-8 is one U+FFFD."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
        return "".join("\ufffd" if "\udc80" <= one <= "\udcff" else one for one in text)


def permissions_of(entry: LayerEntry) -> str:
    """The mode as Go writes it, `fs.FileMode.String`."""
    letters = _KIND_LETTERS.get(entry.kind, "")
    bits = ((SETUID, "u"), (SETGID, "g"), (_STICKY, "t"))
    letters += "".join(letter for bit, letter in bits if entry.mode & bit)
    begin = "".join(sorted(letters, key=_LETTERS.index)) or "-"
    return begin + "".join(letter if entry.mode >> (8 - bit) & 1 else "-" for bit, letter in enumerate("rwxrwxrwx"))


def existence_errors(test: ExistenceTest, subject: Subject, environment: Mapping[str, str]) -> Iterator[str]:
    """What does not hold of a path, whose variables `environment` has."""
    path = expanded(test.path, environment)
    entry = subject.entry(path)
    if entry is None:
        if test.should_exist:
            yield f"File {path} should exist but does not"
        return
    if not test.should_exist:
        yield f"File {path} should not exist but does"
        return
    actual = permissions_of(entry)
    if test.permissions not in (None, actual):
        yield f"{path} has incorrect permissions. Expected: {test.permissions}, Actual: {actual}"
    if test.is_executable_by is not None and not entry.mode & _EXECUTABLE[test.is_executable_by]:
        who = test.is_executable_by
        yield f"{path} has incorrect executable bit. Expected to be executable by {who}, Actual: {actual}"
    if test.uid not in (None, entry.uid):
        yield f"{path} has incorrect user ownership. Expected: {test.uid}, Actual: {entry.uid}"
    if test.gid not in (None, entry.gid):
        yield f"{path} has incorrect group ownership. Expected: {test.gid}, Actual: {entry.gid}"
    if test.is_directory is not None and test.is_directory is not (entry.kind is EntryKind.folder):
        yield f"{path} should {'' if test.is_directory else 'not '}be a directory, Actual: {actual}"


def content_errors(test: ContentTest, subject: Subject) -> Iterator[str]:
    """What does not hold of a file's content."""
    path = test.path
    try:
        contents = text_of(subject.read(path))
    except (FetchError, FormatError) as fault:
        yield f"Failed to open {path}. Error: {fault.message}"
        return
    for expression in test.expected_contents:
        if not expression.matches(contents):
            yield f"Expected string '{expression.text}' not found in file content string '{shown(contents)}'"
    for expression in test.excluded_contents:
        if expression.matches(contents):
            yield f"Excluded string '{expression.text}' found in file content string '{shown(contents)}'"


def licence_errors(test: LicenceTest, subject: Subject) -> Iterator[str]:
    """Which copyright files are missing, or name a licence that is refused."""
    if test.debian:
        folder = subject.aboard.real_path(_DOCUMENTATION)
        if folder is None:
            yield f"Error reading directory: /{_DOCUMENTATION} is not in the image"
            return
        for package in _folders_in(subject, folder):
            if name_of(package) not in _SPARED:
                yield from _licence_errors(f"/{package}/copyright", subject)
    for path in test.files:
        yield from _licence_errors(path, subject)


def shown(text: str) -> str:
    """`text`, or its beginning where it is long."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}… ({len(text)} characters)"


def _folders_in(subject: Subject, folder: ImagePath) -> Iterator[ImagePath]:
    for path, entry in subject.entries.items():
        if entry.kind is EntryKind.folder and parent_of(path) == folder and name_of(path):
            yield path


def _licence_errors(path: str, subject: Subject) -> Iterator[str]:
    try:
        contents = text_of(subject.read(path)).upper()
    except (FetchError, FormatError) as fault:
        yield f"Error reading license file for {path}: {fault.message}"
        return
    found = next((licence for licence in _REFUSED_LICENCES if licence in contents), None)
    if found is not None:
        yield f"Invalid license for {path}, license contains {found}"
