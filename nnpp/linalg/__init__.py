"""Block matrices over real, complex and quaternionic numbers, and small eigenvalue problems."""
