"""`nnpp package`: bundle a potential with everything needed to use and assess it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnpp.config.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.config.inputs import RUN_NAME, Fit
from nnpp.files.tensors import ARRAYS, COPY, STEM, arrays_of
from nnpp.files.text import exists, read_bytes
from nnpp.files.yaml_tree import read_yaml
from nnpp.formats.card import NAME, Attribution
from nnpp.runs.folder import SUMMARY
from nnpp.runs.package import ZIP, refuse_taken, write_package
from nnpp.workflows.card.card import described
from nnpp.workflows.card.data import short

OF_RUN = (f"{STEM}{ARRAYS}", f"{STEM}{COPY}", SUMMARY, "metrics.jsonl")
"""Files of a run that are copied if they exist."""

OF_SYSTEM = ("bands.h5", "bands.csv")
"""Files of each system that are copied if they exist."""

PROVENANCE = ("versions", "devices", "cores", "seed", "notes")
"""Keys of run.yaml in addition to the configuration and the inputs."""


def run_package(
    run: Path, out: Path | None, attribution: Attribution, inputs: bool
) -> list[Path]:
    """Write the package of a run, by default RUN.zip next to it; return the paths."""
    named = run if run.name not in ("", "..") else run.resolve()
    out = named.with_name(f"{named.name}{ZIP}") if out is None else out
    refuse_taken(out)
    made = described(run, attribution)
    fit, figures = made.fit, made.figures
    systems = [f"{s.name}/{name}" for s in fit.spec.systems for name in OF_SYSTEM]
    names = [n for n in (*OF_RUN, *systems, *figures) if exists(fit.folder / n)]
    files = {name: read_bytes(fit.folder / name) for name in names}
    files[NAME] = made.text.encode()
    if inputs:
        files |= _inputs(fit)
    return write_package(out, fit.name, files)


def _inputs(fit: Fit) -> dict[str, bytes]:
    """Return the inputs of the fit, and a run.yaml that refers to them in the package."""
    data, sources = _within(fit)
    about = read_yaml(fit.source)[0]
    kept: dict[str, Any] = {key: about[key] for key in PROVENANCE if key in about}
    read = {short(name): digest for name, digest in about.get("inputs_sha256", {}).items()}
    text = dump_yaml(kept | {"inputs_sha256": read, CONFIGURATION: data})
    return {RUN_NAME: text.encode()} | {n: read_bytes(file) for n, file in sources.items()}


def _within(fit: Fit) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return the configuration with paths in the package, and the source of each file."""
    data, sources = plain(fit.spec), {}
    for entry, key, folder in _places(data):
        if isinstance(entry.get(key), str):
            path = Path(entry[key])
            file = arrays_of(path) if folder == "potential" else path
            name = f"inputs/{folder}/{re.sub('[^A-Za-z0-9._-]', '-', file.name)}"
            entry[key], sources[name] = name, file
    return data, sources


def _places(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield each entry that may name a file, its key, and its folder in the package."""
    yield data["potential"], "file", "potential"
    for system in data["systems"]:
        reference = system.get("reference", {})
        yield system, "structure", f"{system['name']}/structure"
        yield reference, "file", f"{system['name']}/reference"
        yield reference, "kpoints", f"{system['name']}/kpoints"
