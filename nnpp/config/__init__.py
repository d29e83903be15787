"""fit.yaml and other job files, as validated models; neither JAX nor ASE is imported."""
