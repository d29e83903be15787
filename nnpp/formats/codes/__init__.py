"""Band structures written by other programs, one file per program; `known` lists them."""
