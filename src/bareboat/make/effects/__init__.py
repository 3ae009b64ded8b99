"""What maintainer scripts would have done, as pure functions from a tree to the entries to put over it.

Every module has one effect: `entries` takes the whole image so far, a few typed arguments and the build's moment.
An effect adds and overwrites, it never removes, and what it gives depends on its arguments alone.
"""
