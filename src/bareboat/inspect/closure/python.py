"""Extension modules of Python fit an interpreter that is aboard.

Source: PEP 3149, "ABI version tagged .so files": `NAME.cpython-313-x86_64-linux-gnu.so` is for CPython 3.13 alone;
`NAME.abi3.so` and `NAME.so` are for any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bareboat.base.path import ImagePath, name_of
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity

ABI = Rule(
    name="python-abi",
    family=Family.closure,
    severity=Severity.warning,
    title="every extension module of Python is for a Python that the image has",
    why='an interpreter passes over modules with another tag: "No module named ..." though the file is there',
)

_MODULE = re.compile(r".*\.cpython-3(\d+)(t?)d?(?:-[^.]*)?\.so")
_PYTHON = re.compile(r"(?:python|libpython)3\.(\d+)(t?)d?(?:\.so.*)?")


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Modules for no Python that is there, by package and by tag."""
    tags = {f"3{match[1]}{match[2]}" for path in grounds.elves if (match := _PYTHON.fullmatch(name_of(path)))}
    groups: dict[tuple[str | None, str], list[ImagePath]] = {}
    for path in grounds.elves:
        match = _MODULE.fullmatch(name_of(path))
        tag = f"3{match[1]}{match[2]}" if match is not None else None
        if tag is not None and tag not in tags:
            groups.setdefault((grounds.files.owner(path), tag), []).append(path)
    there = ", ".join(sorted(_spoken(tag) for tag in tags)) or "none"
    for (_, tag), paths in groups.items():
        size = sum(grounds.files.entries[path].size for path in paths)
        verb = "is" if len(paths) == 1 else "are"
        message = f"this{and_others(len(paths) - 1, 'module')} {verb} for Python {_spoken(tag)}; the image has {there}"
        hint = "install the packages of the application with the Python of the image"
        yield grounds.finding(ABI, paths[0], message, needs=f"cpython-{tag}", hint=hint, size=size)


def _spoken(tag: str) -> str:
    """`3.13` for the tag `313`."""
    return f"{tag[0]}.{tag[1:]}"
