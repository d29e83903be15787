"""What a fit aims at, one file each: a vector of residuals √w·(x − x_target)."""
