"""Samples that several tests of the statistics look at."""

import numpy as np
import pytest


@pytest.fixture
def normal_pair():
    rng = np.random.default_rng(20)
    return rng.normal(0, 1, 4000), rng.normal(0.2, 1.1, 1500)
