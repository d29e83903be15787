"""The fits and models that a command works on."""
