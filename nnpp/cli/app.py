"""The `nnpp` command. Verbs import their workflow when they run, so that --help is fast."""

import atexit
import errno
import io
import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from nnpp import __version__
from nnpp.cli import (
    bands,
    check,
    console,
    dot,
    fit,
    import_,
    init_fit,
    model,
    properties,
    slurm,
    train,
    tune,
    watch,
)
from nnpp.devices.environment import (
    refuse_wrong_variables,
    share_threads,
    use_compilation_cache,
)
from nnpp.errors import NnppError

INPUT_ERROR, INTERRUPTED = 2, 130
"""Exit codes: an error that the user can fix; Ctrl-C, as in shells."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
"""The error of wrong options and arguments; typer has no public name for it."""

HINT = re.compile(
    r"(.*?)[.]? [(]?((?:Did you mean|Possible options|Possible commands).*?)[)]?", re.DOTALL
)
"""A message of typer that ends with names that are similar."""

app = typer.Typer(
    help="Fit neural pseudopotentials to band structures and compute with them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

VERBS = {
    "fit": fit.command,
    "init-fit": init_fit.command,
    "train": train.command,
    "watch": watch.command,
    "tune": tune.command,
    "bands": bands.command,
    "check": check.check,
    "import": import_.command,
    "export": model.export,
    "volume": properties.volume,
    "optics": properties.optics,
    "report": properties.report,
    "transfer": properties.transfer,
    "verify": model.verify,
    "card": model.card,
    "package": model.package,
    "slurm": slurm.command,
    "doctor": check.doctor,
    "schema": check.schema,
}
"""`nnpp VERB` calls this function; --help lists the verbs in this order."""

GROUPS = {"dot": (dot.VERBS, "Nanocrystals: build a dot, compute its levels, vary its size.")}
"""`nnpp GROUP VERB` calls these functions; with the help of each group."""


def one_line_errors(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return the verb, with errors that the user can fix or caused printed as one line."""

    @wraps(verb)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return verb(*args, **options)
        except NnppError as error:
            console.fail(str(error))
            raise typer.Exit(INPUT_ERROR) from error
        except KeyboardInterrupt as interrupt:
            console.fail("interrupted; all files written so far are complete")
            raise typer.Exit(INTERRUPTED) from interrupt
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            console.fail("the disk is full; free some space, or choose another folder")
            raise typer.Exit(INPUT_ERROR) from error

    return run


def in_sound_environment(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return the verb, which first checks the environment variables of JAX."""

    @wraps(verb)
    def run(*args: Any, **options: Any) -> Any:
        refuse_wrong_variables()
        return verb(*args, **options)

    return run


for name, verb in VERBS.items():
    app.command(name)(one_line_errors(in_sound_environment(verb)))

for group, (verbs, text) in GROUPS.items():
    typer_of_group = typer.Typer(help=text, rich_markup_mode=None)
    for name, verb in verbs.items():
        typer_of_group.command(name)(one_line_errors(in_sound_environment(verb)))
    app.add_typer(typer_of_group, name=group)


@one_line_errors
def _version(requested: bool) -> bool:
    if requested:
        console.say(f"nnpp {__version__}")
        raise typer.Exit
    return requested


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    verbose: bool = typer.Option(
        False, "--verbose", help="Print at the end how many programs were compiled."
    ),
) -> None:
    """Fit neural pseudopotentials to band structures and compute with them."""
    if verbose:
        from nnpp.devices.compilation import Count

        count = Count()
        atexit.register(lambda: console.note(count.summary()))


def usage_error(error: Exception) -> str:
    """Return the line about a wrong option or argument: `verb: what is wrong; what to do`."""
    message, context = error.format_message(), error.ctx  # pyright: ignore[reportAttributeAccessIssue]
    path = context.command_path if context else "nnpp"
    found = HINT.fullmatch(message)
    what, remedy = found.groups() if found else (message.rstrip("."), f"see `{path} --help`")
    verb = path.partition(" ")[2]
    line = f"{what[:1].lower()}{what[1:]}; {remedy[:1].lower()}{remedy[1:]}"
    return f"{verb}: {line}" if verb else line


def _require_output() -> None:
    """Exit with one line if standard output is closed, as by `>&-` in a crontab."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 -- open until the end
    if sys.stdout is None:
        console.fail("standard output is closed; redirect it to a file or to /dev/null")
        sys.exit(INPUT_ERROR)


def _replace_unknown_letters() -> None:
    """Print ? for letters such as Γ that the terminal cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """Run the command."""
    _require_output()
    os.environ["MPLBACKEND"] = "agg"  # figures are files: no other backend needs to exist
    share_threads()
    use_compilation_cache()
    _replace_unknown_letters()
    try:
        code = app(prog_name="nnpp", standalone_mode=False)
    except USAGE_ERROR as error:
        if len(sys.argv) > 1:
            console.fail(usage_error(error))
        else:
            error.show()  # pyright: ignore[reportAttributeAccessIssue] -- the help
        code = INPUT_ERROR
    if code == INTERRUPTED:
        # JAX's threads still compute, and would crash the interpreter as it shuts down.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    sys.exit(code)


if __name__ == "__main__":
    main()
