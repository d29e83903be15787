"""From a model to a better one: residuals of targets, and the methods that minimise them."""
