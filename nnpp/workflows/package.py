"""`nnpp package`: a potential with all that others need to use and to judge it, and its sums."""

import re
from pathlib import Path
from typing import Any

from nnpp.io.card import NAME, Wishes
from nnpp.io.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.io.inputs import RUN_NAME, Fit
from nnpp.io.model_file import ARRAYS, COPY, STEM, arrays_of
from nnpp.io.package import ZIP, refuse_taken, write_package
from nnpp.io.summary import NAME as SUMMARY
from nnpp.io.text import exists, read_bytes
from nnpp.io.yaml_tree import read_yaml
from nnpp.workflows.card import described
from nnpp.workflows.card_data import short

OF_RUN = (f"{STEM}{ARRAYS}", f"{STEM}{COPY}", SUMMARY, "metrics.jsonl")
"""Files of a run that are taken as they are, where they are there."""

OF_SYSTEM = ("bands.h5", "bands.csv")
"""The same of every system."""

TOLD = ("versions", "devices", "cores", "seed", "notes")
"""What its run.yaml says beside the configuration and the inputs."""


def run_package(run: Path, out: Path | None, wishes: Wishes, inputs: bool) -> list[Path]:
    """Write the package of a run, by default RUN.zip beside it; the paths written."""
    known = run.absolute()
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
    data, sources = _within(plain(fit.spec))
    about = read_yaml(fit.source)[0]
    told: dict[str, Any] = {key: about[key] for key in TOLD if key in about}
    read = {short(name): digest for name, digest in about.get("inputs_sha256", {}).items()}
    text = dump_yaml(told | {"inputs_sha256": read, CONFIGURATION: data})
    return {RUN_NAME: text.encode()} | {n: read_bytes(file) for n, file in sources.items()}


def _within(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Path]]:
    """A configuration whose files lie in the package, and where each now is."""
    sources: dict[str, Path] = {}

    def moved(entry: dict[str, Any], key: str, room: str) -> dict[str, Any]:
        """The entry with the file under `key` moved to this room of the package."""
        if not isinstance(entry.get(key), str):
            return entry
        source = Path(entry[key])
        source = arrays_of(source) if room == "potential" else source
        name = f"inputs/{room}/{re.sub('[^A-Za-z0-9._-]', '-', source.name)}"
        sources[name] = source
        return entry | {key: name}

    systems = []
    for system in data["systems"]:
        room = system["name"]
        system = moved(system, "structure", f"{room}/structure")
        if "reference" in system:
            reference = moved(system["reference"], "file", f"{room}/reference")
            system = system | {"reference": moved(reference, "kpoints", f"{room}/kpoints")}
        systems.append(system)
    potential = moved(data["potential"], "file", "potential")
    return data | {"systems": systems, "potential": potential}, sources
