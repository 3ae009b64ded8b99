"""What was found once stays right: every input of the corpus is read, or refused as it should be."""

from __future__ import annotations

import pytest

from tests.fuzz.seeds import CORPUS, seeds_of
from tests.fuzz.targets import TARGETS, fault_of
from tests.fuzz.tokens import TOKENS

MOST_BYTES = 16 * 1024


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_reads_or_refuses_everything_that_was_kept(name: str) -> None:
    target = TARGETS[name]
    faults = [fault_of(target, data) for data in seeds_of(name)]
    assert faults == [None] * len(faults)
    assert len(faults) > 0


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_outlives_what_other_parsers_read(name: str) -> None:
    """Nobody promises that a file is what its name says."""
    target = TARGETS[name]
    others = [seed for other in TARGETS if other != name for seed in seeds_of(other)[:2]]
    assert [fault_of(target, data) for data in (b"", b"\0", b"\n", *others)] == [None] * (3 + len(others))


def test_every_target_has_words_and_every_folder_a_target() -> None:
    assert set(TOKENS) == set(TARGETS)
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)


def test_the_corpus_is_small() -> None:
    sizes = [file.stat().st_size for file in CORPUS.glob("*/*")]
    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) < 2 << 20
