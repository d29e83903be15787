"""A run folder: file names, checkpoints, metrics, lock, package."""
