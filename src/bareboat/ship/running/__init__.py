"""Programs of images: what is run, as whom, on which architecture, and who runs it."""
