"""`make bench`: what the platform does on this machine. Explained in docs/benchmark.md."""
