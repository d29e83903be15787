"""Ports of this machine."""

import socket


def free_port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("", 0)) as server:
        return server.getsockname()[1]
