"""Act one: decides what goes into an image; ends in a lock."""
