"""`nnpp transfer`: tests of a potential on crystals outside its fit."""
