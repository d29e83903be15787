"""Files that claim, contain or lead to more than any reader should accept."""

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import h5py
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save

from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.observables.bands import Bands
from nnpp.structures.alloys import zinc_blende
from nnpp.structures.kpoints import listed
from tests.faults.samples import IDENTITY

TERA, GIGA = 10**12, 10**9

HEAD = "x\n1\n5.6 0 0\n0 5.6 0\n0 0 5.6\n"

CIF = """\
data_x
_cell_length_a 60
_cell_length_b 60
_cell_length_c 60
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
"""


def poscar(path: Path, counts: str, atoms: int = 0) -> None:
    """A POSCAR with a line of counts, and so many atoms on a line."""
    lines = "".join(f"0 0 {i / max(atoms, 1):.9f}\n" for i in range(atoms))
    long = HEAD.replace("5.6\n", f"{5.6 * max(atoms, 1)}\n")
    path.write_text(f"{long}Cd\n{counts}\nDirect\n{lines}")


def negative_counts(path: Path) -> None:
    path.write_text(f"{HEAD}Cd Se\n{GIGA} -{GIGA}\nDirect\n")


def old_poscar(path: Path) -> None:
    """A POSCAR without elements: ASE looks for them in POTCAR, which is a pipe here."""
    path.write_text(f"{HEAD}2\nDirect\n0 0 0\n.5 .5 .5\n")
    os.mkfifo(path.with_name("POTCAR"))


def columns(path: Path) -> None:
    properties = f"species:S:1:pos:R:3:more:R:{GIGA}"
    path.write_text(f'1\nLattice="5 0 0 0 5 0 0 0 5" Properties={properties}\nCd 0 0 0\n')


def sites(path: Path, count: int) -> None:
    """A CIF of so many sites, each with up to 192 images."""
    rng = np.random.default_rng(0)
    rows = "".join("Cd {:.6f} {:.6f} {:.6f}\n".format(*x) for x in rng.random((count, 3)))
    path.write_text(CIF + rows)


def compressed(path: Path) -> None:
    """A short file that expands to 6 GB: one member many times."""
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}[path.suffix]
    member = pack(CIF.encode() + b"Cd 0.1 0.2 0.3\n" * 4_000_000)
    path.write_bytes(member * 100)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def hdf5(path: Path, change: Callable[[h5py.File, Path], object]) -> None:
    """A bands.h5 with its levels replaced."""
    k = listed(zinc_blende("Cd", "Se", 11.0), np.zeros((1, 3)))
    bands = Bands(k, jnp.zeros((1, 4)), 2, False)
    write_bands_h5(path, bands, zinc_blende("Cd", "Se", 11.0), {})
    with h5py.File(path, "r+") as file:
        file.attrs.pop("attributes_sha256", None)
        file.attrs["format"] = "nnpp bands 1"
        del file["E"]
        change(file, path)


def claim(*shape: int, **options) -> Callable:
    return lambda file, path: file.create_dataset("E", shape, "f8", **options)


def one_chunk(file: h5py.File, path: Path) -> None:
    """A gigabyte of which one chunk exists."""
    made = file.create_dataset("E", (GIGA // 4,), "f8", chunks=(1000,))
    made[:1000] = 1.0


def bomb(file: h5py.File, path: Path) -> None:
    made = file.create_dataset("E", (25, 10**6), "f8", chunks=(1, 10**6), compression="gzip")
    made[...] = 0.0


def inflated(file: h5py.File, path: Path) -> None:
    """Chunks of 8 bytes that expand to 200 MB each."""
    import zlib

    made = file.create_dataset("E", (20,), "f8", chunks=(1,), compression="gzip")
    packed = zlib.compress(bytes(200_000_000))
    for i in range(20):
        made.id.write_direct_chunk((i,), packed)


def external_link(file: h5py.File, path: Path) -> None:
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["E"] = np.ones((1, 4))
    file["E"] = h5py.ExternalLink("other.h5", "E")


def soft_link(file: h5py.File, path: Path) -> None:
    file["E"] = h5py.SoftLink("/kpoints/fractional")


def external_storage(file: h5py.File, path: Path) -> None:
    file.create_dataset("E", (1, 4), "f8", external=[("/etc/passwd", 0, 32)])


def virtual(file: h5py.File, path: Path) -> None:
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["E"] = np.ones((1, 4))
    layout = h5py.VirtualLayout((1, 4), "f8")
    layout[...] = h5py.VirtualSource(path.with_name("other.h5"), "E", (1, 4))
    file.create_virtual_dataset("E", layout)


def circle(file: h5py.File, path: Path) -> None:
    file["E/again"] = file.create_group("E")


def same_data(file: h5py.File, path: Path) -> None:
    """A name for each of ten thousand copies of the same megabyte."""
    file["E"] = np.zeros(125_000)
    for i in range(9_000):
        file[f"more/{i}"] = file["E"]


def texts(file: h5py.File, path: Path) -> None:
    """An attribute of many texts."""
    file["E"] = np.zeros((1, 4))
    file.attrs["provenance"] = np.array(["x" * 100_000] * 100, object)


def heap(path: Path) -> None:
    """A bands.h5 whose heap of texts has an entry of length 0: HDF5 reads it for ever."""
    hdf5(path, lambda file, path: file.create_dataset("E", data=np.zeros((1, 4))))
    raw = bytearray(path.read_bytes())
    first = raw.index(b"GCOL") + 16
    raw[first : first + 16] = bytes(16)
    path.write_bytes(raw)


def decoded(path: Path, shape: list[int], kind: str) -> None:
    """A JSON file in which ASE finds an array."""
    array = {"__ndarray__": [shape, kind, [1.0]]}
    path.write_text(json.dumps({"__ase_objtype__": "bandstructure", "energies": array}))


def brackets(path: Path) -> None:
    path.write_text("[" + "[]," * 20_000_000 + "[]]")


def checkpoint(path: Path, shape: str, kind: str = "<f8") -> None:
    """A checkpoint with the right hash, whose array claims a shape."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    about = {"step": 1, "identity": IDENTITY, "about": {}, "arrays": ["x"]}
    content = json.dumps(about).encode() + b"\n" + array
    hashed = b" nnpp checkpoint 1 %d\n" % len(content) + content
    path.write_bytes(sha256(hashed).hexdigest().encode() + hashed)


def frames(path: Path) -> None:
    """A compressed .npz of 1.6 GB."""
    image = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        image, {"descr": "<f8", "fortran_order": False, "shape": (GIGA // 5,)}
    )
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("v.npy", "w") as member,
    ):
        member.write(image.getvalue())
        for _ in range(1600):
            member.write(bytes(GIGA // 1000))


def model(path: Path) -> None:
    """A potential whose header claims a terabyte."""
    raw = save({"x": np.zeros(4)}, {"nnpp": "{}"})
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    header["x"] |= {"shape": [TERA // 8], "data_offsets": [0, TERA]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(32))
