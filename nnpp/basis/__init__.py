"""Plane waves, their differences G−G′, and operators between them."""
