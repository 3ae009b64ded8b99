"""What one step comes to on top of what is below it, before anything is written."""

from __future__ import annotations

from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.frozen import frozen
from bareboat.make.contribution import Contribution
from bareboat.make.tree import AnyEntry, Directory, Tree


@frozen
class Composition:
    """A step worked out.

    A layer holds `folders`, the files of `contributions` in their order, and `files`, all sorted by path.
    `tree` is everything up to here as seen from above, `moment` the newest timestamp in it; `touched` are the globs
    that match something, in a package or of an effect.
    """

    tree: Tree = Tree()
    moment: Epoch = ZERO
    folders: tuple[Directory, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    files: tuple[AnyEntry, ...] = ()
    touched: frozenset[str] = frozenset()
