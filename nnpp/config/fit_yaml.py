"""Read and write fit.yaml: YAML 1.2, validated key by key, errors with their lines."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from nnpp.config.spec import FitSpec, validated
from nnpp.files.origin import Origin, Place
from nnpp.files.yaml_tree import read_yaml

CONFIGURATION = "configuration"
"""The key of a run.yaml that holds the complete fit."""


def read_fit(path: Path) -> FitSpec:
    """Return the fit described by a fit.yaml, or by the run.yaml of an earlier run."""
    path = Path(path)
    data, origin = read_yaml(path)
    if isinstance(data.get(CONFIGURATION), dict):
        data, origin = data[CONFIGURATION], _below(origin, CONFIGURATION)
    return validated(data, origin, path.parent)


def line_of(spec: FitSpec, *keys: str | int) -> int | None:
    """Return the line of an entry, e.g. `line_of(spec, "systems", 0, "cutoff")`."""
    place = spec.origin.place(*keys)
    return place and place.line


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of fit.yaml, for editors."""
    return FitSpec.model_json_schema(by_alias=True)


def plain(spec: FitSpec, folder: Path | None = None) -> dict[str, Any]:
    """Return the fit as plain values, with defaults, and file names relative to `folder`."""
    return spec.model_dump(
        mode="json", by_alias=True, exclude_none=True, context={"folder": folder}
    )


def dump(spec: FitSpec, folder: Path | None = None) -> str:
    """Return the fit as YAML to be written into `folder`; reading it gives an equal fit."""
    return dump_yaml(plain(spec, folder))


def dump_yaml(data: dict[str, Any]) -> str:
    """Return plain values as YAML, with short lists on one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = None, 96, True
    yaml.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue] -- documented, but declared None
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()


def _below(origin: Origin, key: str) -> Origin:
    """Return the places of the entries below a key, relative to it."""
    places: dict[Any, Place] = {k[1:]: p for k, p in origin.places.items() if k[:1] == (key,)}
    return Origin(origin.path, places)
