"""Bands as other programs write them, a file a program; `known` lists them."""
