"""Quantities computed from levels: bands, gap, masses, spectra, densities of states."""
