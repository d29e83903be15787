"""Figures and HTML pages of computed results; nothing here computes physics."""
