"""Figures from results already computed: bands, density of states, potentials."""
