"""The third act: gives what was made to the world."""
