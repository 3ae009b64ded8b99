"""The numbers under which facts and reports are remembered: they grow when other facts are taken, or rules find more.

Nothing heavy is imported: a build whose images were proved before needs nothing else of this room.
"""

from __future__ import annotations

from bareboat.make.contents import READ
from bareboat.make.elf import FACTS_FORMAT as ELF_FORMAT

FACTS_FORMAT = 1
"""Which facts are taken of a layer, and how they are written down."""

CHECK_FORMAT = 2
"""What rules find in facts, and how reports are written down."""

FACTS_KEY: dict[str, object] = {"facts": FACTS_FORMAT, "elf": ELF_FORMAT, "read": list(READ)}
"""What determines the facts of a layer besides its bytes."""

CHECK_KEY: dict[str, object] = {"check": CHECK_FORMAT, **FACTS_KEY}
"""What determines the report of an image besides its bytes."""
