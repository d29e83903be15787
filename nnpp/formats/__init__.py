"""File formats, one file each: what is read and what is written."""
