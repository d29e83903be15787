"""Terms with trainable strengths: one `TERM` in each file; none imports JAX."""
