"""Programs of an image in namespaces of their own, without an engine and without root."""
