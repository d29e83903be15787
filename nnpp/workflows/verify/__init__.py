"""`nnpp verify`: checks of a potential, of the files of its run and of its bands."""
