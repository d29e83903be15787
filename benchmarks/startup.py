"""How long does a command take that computes nothing?"""

from benchmarks.process import ran, verdict

RUNS = 5


def run() -> None:
    """Print the median of five runs of each."""
    for arguments in (("--help",), ("bands", "--help"), ("schema",)):
        times = sorted(ran("-m", "nnpp.cli.app", *arguments).seconds for _ in range(RUNS))
        seconds = times[RUNS // 2]
        print(f"  nnpp {' '.join(arguments):14} {seconds:.2f} s, {verdict(seconds, 0.4)}")
