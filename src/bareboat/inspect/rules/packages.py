"""What an image says of its packages in `status.d`, held against what it has."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.errors import BareboatError
from bareboat.base.path import ImagePath, name_of
from bareboat.debian.status import STATUS_FOLDER, Md5Line, md5sums_path, parse_md5sums
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.wishes import wishes_in
from bareboat.plan.upstream import programs

RECORD = Rule(
    name="package-record",
    family=Family.contract,
    severity=Severity.error,
    title="every package has a readable paragraph in status.d under its name, and a list of its files",
    why="scanners for vulnerabilities and licences read them; what they cannot read they pass over in silence",
)
SUMS = Rule(
    name="package-sums",
    family=Family.contract,
    severity=Severity.error,
    title="what the lists in status.d say of files is true: they are there, with these bytes",
    why="whoever looks for files that were tampered with compares them, as `dpkg --verify` does",
)
WISH = Rule(
    name="wished-package",
    family=Family.contract,
    severity=Severity.error,
    title="every package that the image says was asked for is in it",
    why="a wish that nobody fulfilled is a program that will be missing",
)
RULES = (RECORD, SUMS, WISH)


def find(aboard: Aboard) -> Iterator[Finding]:
    """What is untrue in the account that an image gives of its packages."""
    for path, message in aboard.damaged.items():
        yield Finding(rule=RECORD, path=f"/{path}", message=message.removeprefix(f"/{path}: "))
    for package in aboard.packages:
        yield from _record(aboard, package)
        yield from _sums(aboard, package)
    yield from _wishes(aboard)


def _record(aboard: Aboard, package: InstalledPackage) -> Iterator[Finding]:
    place = ImagePath(f"{STATUS_FOLDER}/{package.name}")
    if place not in aboard.entries:
        what = f"{package.name} has its paragraph under another name"
        yield Finding(rule=RECORD, path=f"/{place}", message=what, owner=package.name)
    if package.files is None:
        what = "has no list of its files beside it"
        yield Finding(rule=RECORD, path=f"/{place}", message=what, owner=package.name, needs=f"/{place}.md5sums")
    if not package.architecture:
        yield Finding(rule=RECORD, path=f"/{place}", message="has no Architecture", owner=package.name)


def _sums(aboard: Aboard, package: InstalledPackage) -> Iterator[Finding]:
    place = md5sums_path(package.name)
    try:
        lines = parse_md5sums(aboard.texts.get(place, b""), f"/{place}")
    except BareboatError:
        return  # its package is among the damaged
    for line in lines:
        yield from _line(aboard, package.name, line)


def _line(aboard: Aboard, package: str, line: Md5Line) -> Iterator[Finding]:
    path = line.path if line.path in aboard.entries else aboard.real_path(line.path)
    if path is None or not name_of(path):
        what = f"{package} lists it, and it is not there"
        yield Finding(rule=SUMS, path=f"/{line.path}", message=what, owner=package)
    elif aboard.md5s.get(path, line.md5) != line.md5:  # not known: it came with another layer
        what = f"{package} says it has the MD5 {line.md5}, and it has {aboard.md5s[path]}"
        yield Finding(rule=SUMS, path=f"/{line.path}", message=what, owner=package)


def _wishes(aboard: Aboard) -> Iterator[Finding]:
    there = {package.name for package in aboard.packages}
    there |= {provision.name for package in aboard.packages for provision in package.provides}
    asked = dict.fromkeys(wish.package for wish in wishes_in(aboard.annotations) or ())
    for name in asked:
        if name not in there and name not in programs():  # which come from upstream and have no paragraph
            yield Finding(rule=WISH, path="", message=f"{name} was asked for and is not there", needs=name)
