"""What a run leaves of one system: bands.csv, bands.h5, bands.json, dos.csv."""

from pathlib import Path
from typing import Any

from nnpp.formats.bands_csv import write_bands_csv, write_dos_csv
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.bands_json import write_bands_json
from nnpp.observables.bands import Bands
from nnpp.observables.dos import Dos
from nnpp.structures.crystal import Crystal


def write_bands(
    folder: Path, bands: Bands, crystal: Crystal, provenance: dict[str, Any]
) -> list[Path]:
    """Write the levels in three formats; the paths written."""
    folder = Path(folder)
    return [
        write_bands_csv(folder / "bands.csv", bands),
        write_bands_h5(folder / "bands.h5", bands, crystal, provenance),
        write_bands_json(folder / "bands.json", bands, crystal),
    ]


def write_dos(folder: Path, dos: Dos) -> list[Path]:
    """Write a density of states; the path written."""
    return [write_dos_csv(Path(folder) / "dos.csv", dos)]
