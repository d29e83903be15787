"""Many processes: ranks, rendezvous, job scripts."""
