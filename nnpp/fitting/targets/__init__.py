"""Sources of residuals for pseudopotentials; the rest of `fitting` knows no potential."""
