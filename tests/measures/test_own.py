"""Every measure on a module of one's own, in a line; the module stays as it was."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from conftest import DEFAULT
from torch import Tensor, nn

from emergence.measures.own import DEFAULTS, measure, options_of
from emergence.measures.subject import MeasureError
from emergence.settings.measures import Measures, known

SMALL: dict[str, dict[str, Any]] = {
    "fisher": {"samples": 8},
    "gradient_covariance": {"samples": 8},
    "hessian": {"samples": 8, "products": 10, "draws": 3},
    "llc": {"chains": 2, "burn_in": 2, "draws": 3, "pool": 2, "examples": 4, "own": True},
}
