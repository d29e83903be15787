"""Reference bands with a scissor shift."""

import numpy as np
import pytest

from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
