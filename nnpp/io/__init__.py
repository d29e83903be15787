"""Every file format, one file each: what is read and what is written."""
