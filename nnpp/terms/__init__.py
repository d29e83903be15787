"""What atoms add to H: one file, one formula. A term takes numbers, never a network."""
