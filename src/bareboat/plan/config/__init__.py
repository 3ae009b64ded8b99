"""`bareboat.yaml` and the catalogue's files: from text to frozen values, with every fault at once."""
