"""What the levels tell: bands, gap, splitting, density of states, order by continuity."""
