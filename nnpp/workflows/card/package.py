"""`nnpp package`: a potential with all that others need to use it and to judge it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnpp.config.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.config.inputs import RUN_NAME, Fit
from nnpp.files.tensors import ARRAYS, COPY, STEM, arrays_of
from nnpp.files.text import exists, read_bytes
from nnpp.files.yaml_tree import read_yaml
from nnpp.formats.card import NAME, Wishes
from nnpp.runs.package import ZIP, refuse_taken, write_package
from nnpp.runs.summary import NAME as SUMMARY
from nnpp.workflows.card.card import described
from nnpp.workflows.card.data import short

OF_RUN = (f"{STEM}{ARRAYS}", f"{STEM}{COPY}", SUMMARY, "metrics.jsonl")
"""Files of a run that are taken as they are, where they are there."""

OF_SYSTEM = ("bands.h5", "bands.csv")
"""The same of every system."""

TOLD = ("versions", "devices", "cores", "seed", "notes")
"""What its run.yaml says beside the configuration and the inputs."""


def run_package(run: Path, out: Path | None, wishes: Wishes, inputs: bool) -> list[Path]:
    """Write the package of a run, by default RUN.zip beside it; the paths written."""
    known = run if run.name not in ("", "..") else run.resolve()
    out = known.with_name(f"{known.name}{ZIP}") if out is None else out
    refuse_taken(out)
    made = described(run, wishes)
    fit, figures = made.fit, made.figures
    systems = [f"{s.name}/{name}" for s in fit.spec.systems for name in OF_SYSTEM]
    names = [n for n in (*OF_RUN, *systems, *figures) if exists(fit.folder / n)]
    files = {name: read_bytes(fit.folder / name) for name in names}
    files[NAME] = made.text.encode()
    if inputs:
        files |= _inputs(fit)
    return write_package(out, fit.name, files)


def _inputs(fit: Fit) -> dict[str, bytes]:
    """The files that the fit was read from, and a run.yaml that finds them in the package."""
    data, sources = _within(fit)
    about = read_yaml(fit.source)[0]
    told: dict[str, Any] = {key: about[key] for key in TOLD if key in about}
    read = {short(name): digest for name, digest in about.get("inputs_sha256", {}).items()}
    text = dump_yaml(told | {"inputs_sha256": read, CONFIGURATION: data})
    return {RUN_NAME: text.encode()} | {n: read_bytes(file) for n, file in sources.items()}


def _within(fit: Fit) -> tuple[dict[str, Any], dict[str, Path]]:
    """The configuration with its files in the package, and where each of these now is."""
    data, sources = plain(fit.spec), {}
    for entry, key, room in _places(data):
        if isinstance(entry.get(key), str):
            there = Path(entry[key])
            file = arrays_of(there) if room == "potential" else there
            name = f"inputs/{room}/{re.sub('[^A-Za-z0-9._-]', '-', file.name)}"
            entry[key], sources[name] = name, file
    return data, sources


def _places(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Where a configuration may name a file, under which key, and its room in a package."""
    yield data["potential"], "file", "potential"
    for system in data["systems"]:
        reference = system.get("reference", {})
        yield system, "structure", f"{system['name']}/structure"
        yield reference, "file", f"{system['name']}/reference"
        yield reference, "kpoints", f"{system['name']}/kpoints"
