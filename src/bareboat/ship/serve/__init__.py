"""A read-only registry of the images in a layout: the pull half of the OCI distribution specification 1.1."""
