"""The `nnpp` command. Verbs import their workflow when they run, so that --help is instant."""

import atexit
import errno
import io
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from nnpp import MAX_DEVICES, __version__
from nnpp.cli import (
    bands,
    card,
    check,
    console,
    doctor,
    export,
    fit,
    import_,
    init_fit,
    optics,
    package,
    report,
    schema,
    slurm,
    train,
    transfer,
    tune,
    verify,
    volume,
)
from nnpp.cli.compilation_cache import use_compilation_cache
from nnpp.devices.machine import cores
from nnpp.errors import NnppError

MENDABLE, INTERRUPTED = 2, 130
"""Exit codes: for what the user can mend, and as shells tell of Ctrl-C."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How a disk says that it holds no more."""

app = typer.Typer(
    help="Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def told(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The verb, but what the user can mend, or did, ends it with one line and no traceback."""

    @wraps(verb)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return verb(*args, **options)
        except NnppError as error:
            console.fail(str(error))
            raise typer.Exit(MENDABLE) from error
        except KeyboardInterrupt as interrupt:
            console.fail("interrupted; every file that was written is whole")
            raise typer.Exit(INTERRUPTED) from interrupt
        except OSError as error:
            if error.errno not in FULL:
                raise
            console.fail("the disk is full; make room, or choose another place")
            raise typer.Exit(MENDABLE) from error

    return run


VERBS = {
    "fit": fit,
    "init-fit": init_fit,
    "train": train,
    "tune": tune,
    "bands": bands,
    "check": check,
    "import": import_,
    "export": export,
    "volume": volume,
    "optics": optics,
    "report": report,
    "transfer": transfer,
    "verify": verify,
    "card": card,
    "package": package,
    "slurm": slurm,
    "doctor": doctor,
    "schema": schema,
}

for name, verb in VERBS.items():
    app.command(name)(told(verb.command))


@told
def _version(wanted: bool) -> bool:
    if wanted:
        console.say(f"nnpp {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    verbose: bool = typer.Option(
        False, "--verbose", help="Tell at the end how many programs were compiled."
    ),
) -> None:
    """Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself."""
    if verbose:
        from nnpp.devices.compilation import Count

        count = Count()
        atexit.register(lambda: console.note(count.told()))


def _share_threads() -> None:
    """LAPACK threads for each of at most eight devices, unless the user chose."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(-(-cores() // MAX_DEVICES)))
    os.environ.setdefault("OMP_NUM_THREADS", os.environ["OPENBLAS_NUM_THREADS"])


def _never_mind_letters() -> None:
    """A terminal that has no Γ shows ? in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """Run the command."""
    _share_threads()
    use_compilation_cache()
    _never_mind_letters()
    try:
        app(prog_name="nnpp")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # JAX's threads still compute, and would crash the interpreter as it shuts down.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


if __name__ == "__main__":
    main()
