"""One verb, one file: read → compute → write."""
