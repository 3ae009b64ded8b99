"""Every file of structure tests in the documentation is one."""

from __future__ import annotations

import pytest

from bareboat.inspect.structure.read import parse_tests
from tests.docs.reading import Block, blocks

EXAMPLES = [block for block in blocks("yml") if "schemaVersion" in block.text]


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_can_be_read(block: Block) -> None:
    tests = parse_tests(block.text.encode(), str(block))

    assert tests.command_tests
