"""Container engines of this machine: what they are given, and what they run."""
