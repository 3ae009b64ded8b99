"""Benchmarks: ours and a baseline in one run, several times; medians with their spread, and a JSON file a run."""
