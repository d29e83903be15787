"""Run the examples that are named, or all, and draw the pictures of the gallery.

    python -m examples [NAME …]

Each example runs in a temporary folder and writes NAME.png, which becomes
docs/images/gallery/NAME.png.
"""

import os
import runpy
import sys
import tempfile
from pathlib import Path

from PIL import Image

from examples import NAMES

FOLDER = Path(__file__).parent
GALLERY = FOLDER.parent / "docs" / "images" / "gallery"


def main() -> None:
    """Run examples, one after another."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as place:
            os.chdir(place)
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
            with Image.open(f"{name}.png") as picture:
                few = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
                few.save(GALLERY / f"{name}.png", optimize=True)
            os.chdir(FOLDER.parent)


if __name__ == "__main__":
    main()
