"""Two images, compared to the last byte: every difference with its place."""
