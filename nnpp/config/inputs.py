"""Where the fits are: a fit.yaml, a folder with one, a folder of folders, a run."""

from dataclasses import dataclass
from pathlib import Path

from nnpp.config.deepseudopot.folder import CONFIG_NAME, read_deepseudopot
from nnpp.config.fit_yaml import read_fit
from nnpp.config.spec import FitSpec
from nnpp.errors import InputError
from nnpp.files.text import exists

FIT_NAME, RUN_NAME = "fit.yaml", "run.yaml"

TUNED, BEST_NAME = "tune", "best.yaml"
"""In a folder of this name, `nnpp tune` leaves a fit of this name."""

NAMES = (FIT_NAME, CONFIG_NAME, RUN_NAME)
"""Files that make a folder a fit; the first one found is read."""

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Fit:
    """A fit as found.

    Attributes:
        spec: what it says.
        notes: remarks on what nnpp does not follow.
        folder: where it was found; its name is that of the run.
        source: the file that was read first.
    """

    spec: FitSpec
    notes: tuple[str, ...]
    folder: Path
    source: Path

    @property
    def name(self) -> str:
        """The name of its folder, and of its run; what results/FIT/tune holds is FIT-tuned."""
        folder = self.folder.resolve()
        tuned = (folder.name, self.source.name) == (TUNED, BEST_NAME)
        return f"{folder.parent.name}-tuned" if tuned else folder.name


def find_fits(path: Path) -> list[Path]:
    """The files that describe the fits at `path`, sorted by folder."""
    path = Path(path)
    if not exists(path):
        raise InputError("no such file or folder", "mend the name", path)
    if path.is_file():
        if path.suffix not in SUFFIXES and path.name != CONFIG_NAME:
            raise InputError(
                _other(path), f"name a folder, a {FIT_NAME} or a {CONFIG_NAME}", path
            )
        return [path]
    own = _fit_in(path)
    found = [own] if own else [fit for sub in _folders(path) if (fit := _fit_in(sub))]
    if not found:
        raise InputError(
            "holds no fit", f"add a {FIT_NAME}, or name a folder with a {CONFIG_NAME}", path
        )
    return found


def read_all(paths: list[Path]) -> list[Fit]:
    """Every fit at `paths`; two of one name would share a folder of results."""
    fits = [read_inputs(source) for path in paths for source in find_fits(path)]
    names = [fit.name for fit in fits]
    for i, fit in enumerate(fits):
        if fit.name in names[:i]:
            raise InputError(
                f"two fits are named {fit.name!r}",
                "rename a folder, or run them apart",
                fit.folder,
            )
    return fits


def read_inputs(path: Path) -> Fit:
    """The one fit at `path`, whatever its format."""
    found = find_fits(path)
    if len(found) > 1:
        names = ", ".join(fit.parent.name for fit in found[:5])
        raise InputError(f"holds {len(found)} fits ({names})", "name one of them", path)
    source, folder = found[0], found[0].parent
    if source.name == CONFIG_NAME:
        spec, notes = read_deepseudopot(folder)
        return Fit(spec, notes, folder, source)
    both = source.name == FIT_NAME and (folder / CONFIG_NAME).is_file()
    notes = (f"{CONFIG_NAME}: not read, {FIT_NAME} comes first",) if both else ()
    return Fit(read_fit(source), notes, folder, source)


def _fit_in(folder: Path) -> Path | None:
    """The file that makes a folder a fit."""
    try:
        return next((folder / name for name in NAMES if (folder / name).is_file()), None)
    except PermissionError as error:
        raise InputError("cannot be read", "make it readable", folder) from error


def _folders(path: Path) -> list[Path]:
    """The folders in a folder, by name, without hidden ones."""
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise InputError("cannot be read", "make it readable", path) from error
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _other(path: Path) -> str:
    """What a file is that is no fit."""
    if path.suffix == ".pth":
        return "is a .pth network, a pickle, and is not read; start from Zunger"
    return "is no description of a fit"
