"""Nanocrystals: cut from a crystal, composed, relaxed and passivated; without a cell."""
