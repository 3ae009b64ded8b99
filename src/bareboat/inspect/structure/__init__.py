"""Structure tests: whether what people claim of an image holds, in container-structure-test's format."""
