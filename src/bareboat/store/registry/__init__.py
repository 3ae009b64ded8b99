"""Registries as places of images: the OCI distribution API, with credentials, patience and suspicion."""
