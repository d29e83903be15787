"""Input folders of the code DeePseudopot."""
