"""Control paragraphs: the fields of `Packages`, `Release`, `control` and `.sources`, in their order, folds kept.

Obeys Debian Policy 5.1, "Syntax of control files", and deb822(5); it reads strictly what Debian's tools write and
refuses everything that two readers could read in two ways: a field given twice, a name without a colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen

# "The field name is composed of US-ASCII characters excluding control characters, space, and colon"; it does not begin
# with "#" or "-".
_FIELD = re.compile(r"([!\"$-,./-9;-~][!-9;-~]*):[ \t]*(.*)")


@frozen(kw_only=False)
class Paragraph(Mapping[str, str]):
    """One paragraph: field names to values; "Field names are not case-sensitive".

    A folded value keeps its line ends and the white space that begins its further lines.

    Raises:
        FormatError: From `require`, when the field is missing or empty.
    """

    fields: Mapping[str, str]
    where: str

    def __getitem__(self, name: str) -> str:
        return self.fields[self._spelling(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def require(self, name: str) -> str:
        """The value of a field that must be there."""
        value = self.get(name, "")
        if not value:
            raise FormatError(f'{self.where}: the field "{name}" is missing')
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a field, wherever its lines break; empty when the field is absent."""
        return tuple(self.get(name, "").split())

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a field that say something, without the space around them; empty when the field is absent."""
        return tuple(line.strip() for line in self.get(name, "").split("\n") if line.strip())

    def _spelling(self, name: str) -> str:
        if name in self.fields:
            return name
        lower = name.lower()
        return next((field for field in self.fields if field.lower() == lower), name)


def decoded(data: bytes, where: str) -> str:
    """The text of `data`: "All control files must be encoded in UTF-8".

    Raises:
        FormatError: When it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{where}:{line}: cannot read as UTF-8") from error


def parse_paragraphs(text: str, where: str, *, comments: bool = False) -> tuple[Paragraph, ...]:
    """Read all paragraphs of a control file.

    Args:
        text: The whole file.
        where: What to call the file in an error; the line number follows it.
        comments: Whether lines beginning with `#` are left out, as in files that people write.

    Raises:
        FormatError: For a line that is no field, a field given twice, or a fold that continues nothing.
    """
    found: list[Paragraph] = []
    values: dict[str, list[str]] = {}
    spelled: set[str] = set()
    current: list[str] | None = None
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if comments and line.startswith("#"):
            continue
        if not line or line.isspace():
            if values:
                found.append(Paragraph({name: "\n".join(value) for name, value in values.items()}, f"{where}:{start}"))
            values, spelled, current = {}, set(), None
        elif line[0] in " \t":
            if current is None:
                raise FormatError(f"{where}:{number}: a folded line continues no field")
            current.append(line.rstrip())
        else:
            match = _FIELD.fullmatch(line)
            if match is None:
                raise FormatError(f'{where}:{number}: cannot read "{line[:60]}" as a field')
            name = match[1]
            # "A stanza must not contain more than one instance of a particular field name."
            if name.lower() in spelled:
                raise FormatError(f'{where}:{number}: the field "{name}" is given twice')
            start = start if values else number
            spelled.add(name.lower())
            current = values[name] = [match[2].rstrip()]
    return tuple(found)


def parse_paragraph(text: str, where: str) -> Paragraph:
    """Read a control file that has exactly one paragraph.

    Raises:
        FormatError: When it has none or several, and as `parse_paragraphs`.
    """
    found = parse_paragraphs(text, where)
    if len(found) != 1:
        raise FormatError(f"{where}: must hold one paragraph, not {len(found)}")
    return Paragraph(found[0].fields, where)
