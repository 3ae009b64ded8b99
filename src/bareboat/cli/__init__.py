"""The door: flags, words, exit codes, and the choice of adapters."""
