"""Questions of size and speed, one script each: `python -m benchmarks [NAME…]`."""
