"""Reports as lines of plain text; computes, never prints."""
