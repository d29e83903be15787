"""Which atoms sit where, and the wave vectors that their symmetry singles out."""
