"""The file of bands in the folder of a run of another program."""

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.text import sha256_of
from nnpp.formats.codes.format import Format, format_of, formats

BELOW = "*.save"
"""Pattern of subfolders that are searched as well: those of Quantum ESPRESSO."""

MOST_FOLDERS = 50
"""Most folders in a folder that are searched for a better error."""

MOST_NAMES = 6
"""Most names that an error lists."""


def bands_file(folder: Path) -> Path:
    """Return the one file of bands in a folder; an error lists several, or what is missing."""
    files = _files(folder)
    chosen = _without_copies(_preferred(_found(files)))
    if not chosen:
        raise _in_subfolders(folder) or _missing(folder, files)
    if len(chosen) > 1:
        names = [str(path.relative_to(folder)) for path in chosen]
        raise InputError(
            f"contains {len(names)} files of bands ({_listed(names)})",
            f"name one of them, as {chosen[0]}",
            folder,
        )
    return chosen[0]


def _found(files: Iterable[Path]) -> list[tuple[Path, Format]]:
    """Return the files of bands among files, each with its format."""
    pairs = ((path, format_of(path)) for path in files)
    return [(path, form) for path, form in pairs if form is not None and form.code]


def _files(folder: Path) -> list[Path]:
    """Return the regular files of a folder and of the `BELOW` folders in it, sorted."""
    try:
        entries = sorted(folder.iterdir())
        inner = [p for p in entries if p.is_dir() and fnmatch(p.name, BELOW)]
        below = [p for each in inner for p in sorted(each.iterdir())]
        return [p for p in (*entries, *below) if p.is_file()]
    except OSError as error:
        raise InputError("cannot be read", "make it readable", folder) from error


def _preferred(found: list[tuple[Path, Format]]) -> list[Path]:
    """Return the files of the first format of each program."""
    order = list(formats().values())
    first: dict[str, Format] = {}
    for _, form in sorted(found, key=lambda pair: order.index(pair[1])):
        first.setdefault(form.code, form)
    return [path for path, form in found if form == first[form.code]]


def _without_copies(paths: list[Path]) -> list[Path]:
    """Return the files without copies: pw.x writes prefix.xml also into prefix.save."""
    if len(paths) < 2:
        return paths
    return list({sha256_of(path): path for path in paths}.values())


def _in_subfolders(folder: Path) -> InputError | None:
    """Return the error for a folder of runs, which names them; None if it contains none."""
    inner = [p for p in sorted(folder.iterdir()) if p.is_dir()][:MOST_FOLDERS]
    runs = [path for path in inner if _found(_files(path))]
    if not runs:
        return None
    names = _listed([path.name for path in runs])
    what = f"contains no file of bands, but its folders do ({names})"
    return InputError(what, f"name one of them, as {runs[0]}", folder)


def _missing(folder: Path, files: Iterable[Path]) -> InputError:
    """Return the error for a folder without bands; it names the program that ran there."""
    for form in formats().values():
        seen = [p.name for p in files if any(fnmatch(p.name, trace) for trace in form.traces)]
        if seen:
            wanted = form.program.removeprefix(form.code).strip(" ()")
            return InputError(
                f"is a folder of {form.code} ({_listed(seen)}) without {wanted}",
                f"copy {wanted} there, or name another file",
                folder,
            )
    programs = ", ".join(f.program for f in formats().values() if f.code)
    return InputError("contains no file of bands", f"it needs one of: {programs}", folder)


def _listed(names: list[str]) -> str:
    """Return names in one line, the first few of many."""
    return ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
