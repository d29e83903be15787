"""From a validated fit.yaml to the objects it describes: systems, potential, objective."""
