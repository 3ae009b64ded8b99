"""What maintainer scripts would have done, as pure functions from tree to entries."""
