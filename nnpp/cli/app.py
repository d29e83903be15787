"""The `nnpp` command. Verbs import their workflow when they run, so that --help is fast."""

import atexit
import errno
import hashlib
import io
import os
import platform
import re
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from nnpp import MAX_DEVICES, __version__
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
from nnpp.devices.environment import refuse_wrong_variables
from nnpp.devices.machine import cores
from nnpp.errors import NnppError

INPUT_ERROR, INTERRUPTED = 2, 130
"""Exit codes: an error that the user can fix; Ctrl-C, as in shells."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

CACHE_FOLDER, CACHE_MINIMUM = (
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS",
)
"""JAX's variables for the cache folder, and the least compile time worth caching [s]."""

XLA_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""Below level 3, XLA logs an error for every cached program: it compares its own compiler
preferences (prefer-no-gather) with the features of the processor."""

CACHE_WARNING = "Error (reading|writing) persistent compilation cache entry"
"""JAX warns of a program that it cannot store or read; it is then compiled again."""

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

GROUPS = {"dot": (dot.VERBS, "Nanocrystals: build a dot.")}
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
    typer_of_group = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
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


def _share_threads() -> None:
    """Divide the LAPACK threads among at most eight devices, unless the user set them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(-(-cores() // MAX_DEVICES)))
    os.environ.setdefault("OMP_NUM_THREADS", os.environ["OPENBLAS_NUM_THREADS"])


def _use_compilation_cache() -> None:
    """Set JAX's compilation cache before JAX starts; the user's own settings take precedence.

    Nearly all programs compile in less than a second, and there are hundreds: all are cached.
    """
    if CACHE_FOLDER not in os.environ:
        folder = _cache_folder()
        if folder is None:
            return
        os.environ[CACHE_FOLDER] = str(folder)
    os.environ.setdefault(CACHE_MINIMUM, "0")
    os.environ.setdefault(XLA_LOG_LEVEL, "3")
    warnings.filterwarnings("ignore", message=CACHE_WARNING)


def _cache_folder() -> Path | None:
    """Return the cache folder for this kind of processor; None if it is not writable."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(home) / "nnpp" / "programs" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor() -> str:
    """Return a name for the instruction set of this processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else [platform.processor()]
    features = sorted(
        {line for line in lines if line.startswith(("flags", "Features", "model name"))}
    )
    return f"{platform.machine()}-{hashlib.sha256(''.join(features).encode()).hexdigest()[:8]}"


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
    _share_threads()
    _use_compilation_cache()
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
