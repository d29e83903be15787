"""Readers of the band structures that other programs write, one module per program.

Every module here with a tuple `FORMATS` is a reader; `format.py` finds it without a list.
"""
