"""Objects for people: results in eV that print, plot and convert for ASE and pandas."""
