"""Images on their way: from a place that holds them to another, several blobs at a time, tags last."""
