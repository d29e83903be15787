"""The terms of H, one formula in each file; a term receives numbers, never a network."""
