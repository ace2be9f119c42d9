"""What other systems measure of the demo's models: one point a week over the year."""

from collections.abc import Callable

import numpy as np

from demo.building import Calendar
from demo.cast import Cast
from inventory.models import Model
from inventory.services import receive_points

WEEKS = 52


def measure(
    cast: Cast, calendar: Calendar, model: Model, *, name: str, unit: str, pillar: str, at: Callable, seed: int
) -> None:
    """One series: `at` gives its value from the part of the year that is over and a random generator."""
    rng = np.random.default_rng(seed)
    points = [
        [calendar.back(7 * (WEEKS - week)).isoformat(), round(float(at(week / WEEKS, rng)), 4)]
        for week in range(WEEKS + 1)
    ]
    receive_points(model, name=name, unit=unit, pillar=pillar, points=points, actor=cast.engineer)
