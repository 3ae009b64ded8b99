"""Looks at images and reports; changes nothing."""
