"""Act two: builds images from a lock and verified blobs; hermetic."""
