"""The closure proof: nothing that a file of an image needs is missing, known without running any of it."""
