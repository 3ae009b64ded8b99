"""What an image says of its packages in `status.d`, held against what it has."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath, name_of
from bareboat.debian.status import STATUS_FOLDER, Md5Line
from bareboat.inspect.aboard import Aboard, Files
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


def find_in(files: Files) -> Iterator[Finding]:
    """What is untrue in the account that files give of packages."""
    for path, message in files.damaged.items():
        yield Finding(rule=RECORD, path=f"/{path}", message=message.removeprefix(f"/{path}: "))
    for package in files.packages:
        yield from _record(files, package)
        yield from _sums(files, package)


def find(aboard: Aboard) -> Iterator[Finding]:
    """What was asked for and is not there."""
    there = {package.name for package in aboard.packages}
    there |= {provision.name for package in aboard.packages for provision in package.provides}
    asked = dict.fromkeys(wish.package for wish in wishes_in(aboard.annotations) or ())
    for name in asked:
        if name not in there and name not in programs():  # which come from upstream and have no paragraph
            yield Finding(rule=WISH, path="", message=f"{name} was asked for and is not there", needs=name)


def _record(files: Files, package: InstalledPackage) -> Iterator[Finding]:
    place = ImagePath(f"{STATUS_FOLDER}/{package.name}")
    if place not in files.entries:
        what = f"{package.name} has its paragraph under another name"
        yield Finding(rule=RECORD, path=f"/{place}", message=what, owner=package.name)
    if package.files is None:
        what = "has no list of its files beside it"
        yield Finding(rule=RECORD, path=f"/{place}", message=what, owner=package.name, needs=f"/{place}.md5sums")
    if not package.architecture:
        yield Finding(rule=RECORD, path=f"/{place}", message="has no Architecture", owner=package.name)


def _sums(files: Files, package: InstalledPackage) -> Iterator[Finding]:
    md5s = files.md5s
    for line in package.sums:
        if md5s.get(line.path) != line.md5:  # which is seldom
            yield from _line(files, package.name, line)


def _line(files: Files, package: str, line: Md5Line) -> Iterator[Finding]:
    path = line.path if line.path in files.entries else files.real_path(line.path)
    if path is None or not name_of(path):
        what = f"{package} lists it, and it is not there"
        yield Finding(rule=SUMS, path=f"/{line.path}", message=what, owner=package)
    elif files.md5s.get(path, line.md5) != line.md5:  # not known: it came with another layer
        what = f"{package} says it has the MD5 {line.md5}, and it has {files.md5s[path]}"
        yield Finding(rule=SUMS, path=f"/{line.path}", message=what, owner=package)
