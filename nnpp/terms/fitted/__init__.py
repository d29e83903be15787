"""Terms whose strengths a fit may train: one `TERM` in each file; none imports JAX."""
