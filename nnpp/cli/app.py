"""The `nnpp` command. Verbs import their workflow when they run, so that --help is instant."""

import os
import sys

import typer

from nnpp import __version__
from nnpp.cli import bands, check, doctor, schema
from nnpp.errors import NnppError

MOST_DEVICES = 8
"""More virtual devices than this would hold too many Hamiltonians at a time."""

app = typer.Typer(
    help="Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, verb in {"bands": bands, "check": check, "doctor": doctor, "schema": schema}.items():
    app.command(name)(verb.command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nnpp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself."""


def _share_threads() -> None:
    """LAPACK threads for each of at most eight devices, unless the user chose."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(-(-cores // MOST_DEVICES)))
    os.environ.setdefault("OMP_NUM_THREADS", os.environ["OPENBLAS_NUM_THREADS"])


def main() -> None:
    """Run the command; an error that the user can mend is one line and exit code 2."""
    _share_threads()
    try:
        app()
    except NnppError as error:
        typer.secho(f"nnpp: {error}", fg=typer.colors.RED, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
