"""How long until the command answers? (aim: --help under 0.4 s)."""

from benchmarks.process import ran

RUNS = 5


def run() -> None:
    """Median of five for each verb that needs no computation."""
    for arguments in (("--help",), ("bands", "--help"), ("schema",)):
        times = sorted(ran("-m", "nnpp.cli.app", *arguments).seconds for _ in range(RUNS))
        print(f"  nnpp {' '.join(arguments):14} {times[RUNS // 2]:.2f} s")
