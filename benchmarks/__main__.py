"""Run the benchmarks that are named, or all of them."""

import importlib
import platform
import sys
from importlib.metadata import version

NAMES = (
    "startup",
    "evaluations",
    "projectors",
    "cspbi3",
    "step",
    "solvers",
    "scaling",
    "whole",
    "shipped",
    "methods",
    "features",
    "iii_v",
    "dft",
    "priors",
    "edges",
    "dots",
    "ensemble",
    "reference",
    "mutants",
)


def main() -> None:
    """Print versions, then the table of each benchmark."""
    wanted = sys.argv[1:] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; known: {', '.join(NAMES)}")
    packages = ", ".join(f"{p} {version(p)}" for p in ("nnpp", "jax", "numpy", "scipy"))
    print(f"python {platform.python_version()}, {packages}, {platform.machine()}\n")
    for name in wanted:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"{name}: {(module.__doc__ or '').splitlines()[0]}")
        module.run()
        print()


if __name__ == "__main__":
    main()
