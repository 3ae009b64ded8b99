"""Data: one file per image of the catalogue, the distros, the omissions with their reasons, the archive keys."""
