"""Find fits: a fit.yaml, a folder with one, a folder of such folders, or a run."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nnpp.config.deepseudopot.folder import CONFIG_NAME, read_deepseudopot
from nnpp.config.fit_yaml import read_fit
from nnpp.config.spec import FitSpec
from nnpp.errors import InputError
from nnpp.files.text import exists

FIT_NAME, RUN_NAME = "fit.yaml", "run.yaml"

TUNED, BEST_NAME = "tune", "best.yaml"
"""`nnpp tune` writes a fit of this name into a folder of this name."""

NAMES = (FIT_NAME, CONFIG_NAME, RUN_NAME)
"""A folder with one of these files is a fit; the first one found is read."""

SUFFIXES = (".yaml", ".yml")

INPUTS = Path("inputs")
"""Where fits are looked for by default."""

MAX_NAMES = 6
"""Most names that an error lists."""


@dataclass(frozen=True)
class Fit:
    """A fit and where it was found.

    Attributes:
        spec: its contents.
        notes: entries that nnpp ignores.
        folder: where it was found; its name is the name of the run.
        source: the file that was read first.
        question: the options of a command that change its numbers, one part for each.
        own: its contents without these options; None if there are none.
    """

    spec: FitSpec
    notes: tuple[str, ...]
    folder: Path
    source: Path
    question: tuple[str, ...] = ()
    own: FitSpec | None = None

    @property
    def name(self) -> str:
        """Name of its folder and of its run; FIT-tuned for the fit in results/FIT/tune."""
        folder = self.folder.resolve()
        tuned = (folder.name, self.source.name) == (TUNED, BEST_NAME)
        return f"{folder.parent.name}-tuned" if tuned else folder.name


def find_fits(path: Path) -> list[Path]:
    """Return the files that describe the fits at `path`, sorted by folder."""
    path = Path(path)
    if not exists(path):
        raise InputError("no such file or folder", _other_names(path), path)
    if path.is_file():
        if path.suffix not in SUFFIXES and path.name != CONFIG_NAME:
            raise InputError(
                _not_a_fit(path),
                f"name a folder, a {FIT_NAME} or a {CONFIG_NAME}; `nnpp import` reads bands",
                path,
            )
        return [path]
    own = _fit_in(path)
    found = [own] if own else [fit for sub in _folders(path) if (fit := _fit_in(sub))]
    if not found:
        raise InputError(
            "contains no fit", f"add a {FIT_NAME}, or name a folder with a {CONFIG_NAME}", path
        )
    return found


def read_all(paths: list[Path]) -> list[Fit]:
    """Return every fit at `paths`; two of one name would share a folder of results."""
    fits = [read_inputs(source) for path in paths for source in find_fits(path)]
    names = [fit.name for fit in fits]
    for i, fit in enumerate(fits):
        if fit.name in names[:i]:
            raise InputError(
                f"two fits are named {fit.name!r}",
                "rename one folder, or run them separately",
                fit.folder,
            )
    return fits


def read_inputs(path: Path) -> Fit:
    """Return the one fit at `path`, in any format."""
    found = find_fits(path)
    if len(found) > 1:
        names = ", ".join(fit.parent.name for fit in found[:5])
        raise InputError(f"contains {len(found)} fits ({names})", "name one of them", path)
    source, folder = found[0], found[0].parent
    if source.name == CONFIG_NAME:
        spec, notes = read_deepseudopot(folder)
        return Fit(spec, notes, folder, source)
    both = source.name == FIT_NAME and (folder / CONFIG_NAME).is_file()
    notes = (f"{CONFIG_NAME}: ignored, as there is a {FIT_NAME}",) if both else ()
    return Fit(read_fit(source), notes, folder, source)


def _fit_in(folder: Path) -> Path | None:
    """Return the file that makes a folder a fit, or None."""
    try:
        return next((folder / name for name in NAMES if (folder / name).is_file()), None)
    except PermissionError as error:
        raise InputError("cannot be read", "make it readable", folder) from error


def _folders(path: Path) -> list[Path]:
    """Return the folders in a folder, sorted by name, without hidden ones."""
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise InputError("cannot be read", "make it readable", path) from error
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _not_a_fit(path: Path) -> str:
    """Return what is wrong with a file that is not a fit."""
    if path.suffix == ".pth":
        return "is a pickled .pth network, which nnpp does not read: start from Zunger"
    return "does not describe a fit"


def _other_names(path: Path) -> str:
    """Return what to do about a name that is neither a file nor a folder."""
    named = path.parent if len(path.parts) > 1 else INPUTS
    known = [p.name for p in _folders(named) if _fit_in(p)] if named.is_dir() else []
    word = path.name.lower()
    close = [n for n in known if word in n.lower()] or get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {' or '.join(repr(str(named / n)) for n in close[:3])}?"
    if path.suffix in (*SUFFIXES, ".par"):
        return "correct the name"
    create = f"create it: nnpp import FILE --fit {'NAME' if path == INPUTS else path.name}"
    if known:
        more = ", …" if len(known) > MAX_NAMES else ""
        return f"fits in {named}: {', '.join(known[:MAX_NAMES])}{more}; or {create}"
    return f"correct the name, or {create}"
