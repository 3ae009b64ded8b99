"""Debian's formats as frozen values: computes, never reads or writes."""
