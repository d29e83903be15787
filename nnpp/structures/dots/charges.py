"""Formal charges of elements in II-VI and III-V compounds, halide perovskites and ligands."""

GROUPS = {
    1: "H Li Na K Rb Cs Cu Ag",
    2: "Be Mg Ca Sr Ba Zn Cd Hg Sn Pb",
    3: "B Al Ga In",
    -3: "N P As Sb",
    -2: "O S Se Te",
    -1: "F Cl Br I",
}

CHARGES = {symbol: z for z, symbols in GROUPS.items() for symbol in symbols.split()}
"""The formal charge of each element [e]."""
