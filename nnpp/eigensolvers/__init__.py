"""Many solvers, one derivative."""
