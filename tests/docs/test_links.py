"""Links lead somewhere, every page can be reached, and no page sends people to a host that is not theirs."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.reading import ROOT, anchors_of, links_of, name_of, pages

KNOWN_HOSTS = {
    "127.0.0.1", "snapshot.debian.org", "nodejs.org", "www.debian.org", "diataxis.fr", "github.com", "kubernetes.io",
    "semver.org",
}  # fmt: skip
_URL = re.compile(r"\bhttps?://[^\s)\"'`>…]+")


def _is_elsewhere(target: str) -> bool:
    return "://" in target


def _followed(page: Path, target: str) -> tuple[Path, str]:
    path, _, anchor = target.partition("#")
    return (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_of_it(page: Path) -> None:
    broken = []
    for target in links_of(page):
        if _is_elsewhere(target):
            continue
        file, anchor = _followed(page, target)
        if not file.is_file() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)

    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    rest = list(reached)
    while rest:
        page = rest.pop()
        targets = [_followed(page, target)[0] for target in links_of(page) if not _is_elsewhere(target)]
        fresh = {file for file in targets if file.suffix == ".md" and file.is_file()} - reached
        reached |= fresh
        rest += fresh
    fragments = set((ROOT / "changelog.d").glob("[0-9]*.md"))

    assert sorted(map(name_of, set(pages()) - reached - fragments)) == [], "link these pages from docs/index.md"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_hosts_are_examples_or_well_known(page: Path) -> None:
    hosts = {urlsplit(url).hostname or "" for url in _URL.findall(page.read_text(encoding="utf-8"))}

    assert {host for host in hosts if host not in KNOWN_HOSTS and not host.endswith(".example")} == set()
