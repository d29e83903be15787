"""What a fit.yaml may say, as pydantic models; importing them loads neither JAX nor ASE."""
