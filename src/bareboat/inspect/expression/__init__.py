"""Regular expressions as RE2 understands them, matched in linear time: tests were written for Go's `regexp`."""
