"""How long until the command answers?"""

from benchmarks.process import ran, verdict

RUNS = 5


def run() -> None:
    """Median of five for each verb that needs no computation."""
    for arguments in (("--help",), ("bands", "--help"), ("schema",)):
        times = sorted(ran("-m", "nnpp.cli.app", *arguments).seconds for _ in range(RUNS))
        seconds = times[RUNS // 2]
        print(f"  nnpp {' '.join(arguments):14} {seconds:.2f} s, {verdict(seconds, 0.4)}")
