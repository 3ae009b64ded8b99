"""`python -m bareboat`."""

from bareboat.cli import run

run()
