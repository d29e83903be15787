"""From a potential to a better one: residuals of targets, and what makes them small."""
