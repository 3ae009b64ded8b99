"""Shared words: what every room may say, computed from the standard library alone."""
