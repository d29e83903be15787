"""The fits that a command works on, and the origin of their numbers."""
