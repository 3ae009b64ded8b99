"""Places that hold bytes by digest, and how bytes get there."""
