"""Atoms with and without a cell, symmetry, k-points and paths."""
