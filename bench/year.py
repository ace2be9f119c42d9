"""A year of daily profiles, in three segments, merged and judged from their stored bytes."""

from functools import cache
from pathlib import Path

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.profile import Profile, merge
from audits.statistics.limits import DecidedBy, Limit, Verdict, judge
from bench.drift import judged
from bench.measure import Row, cost_of, printed
from bench.tables import COLUMNS, FOLDER, parquet

DAYS = 365
DIFFERENT_DAYS = 8
DAILY_ROWS = 3000
SEGMENT = "category_0"  # which has three values
LIMITS = {
    "psi": Limit(amber=0.10, red=0.25, decided_by=DecidedBy.POINT),
    "kolmogorov_smirnov": Limit(amber=0.05, red=0.10),
    "missing": Limit(amber=0.05, red=0.20, decided_by=DecidedBy.INTERVAL),
}


@cache
def stored(folder: Path) -> tuple[Profile, dict[str, list[bytes]]]:
    """The reference's profile and, per segment, the bytes of every day's. The days repeat; each is decoded anyway."""
    reference = parquet(100_000, 3, folder=folder)
    grid = freeze_grid(reference, COLUMNS)
    days = [scan(parquet(DAILY_ROWS, 100 + day, folder=folder), grid, by=SEGMENT) for day in range(DIFFERENT_DAYS)]
    segments = [key for key in days[0] if key is not None]
    return scan(reference, grid), {
        segment: [days[day % DIFFERENT_DAYS][segment].to_bytes() for day in range(DAYS)] for segment in segments
    }


def merge_and_judge(folder: Path) -> dict[str, dict[tuple[str, str], Verdict]]:
    reference, days = stored(folder)
    verdicts = {}
    for segment, profiles in days.items():
        year = merge(Profile.from_bytes(profile, reference.grid) for profile in profiles)
        verdicts[segment] = {
            (name, statistic): judge(estimates[statistic], limit)
            for name, estimates in judged(reference, year).items()
            for statistic, limit in LIMITS.items()
        }
    return verdicts


def run(*, folder: Path = FOLDER, times: int = 6) -> str:
    _, days = stored(folder)
    sizes = [len(profile) for profiles in days.values() for profile in profiles]
    cost = cost_of(merge_and_judge, folder, times=times)
    note = f"{len(sizes)} profiles of {sum(sizes) / len(sizes) / 1024:.0f} KiB each"
    row = Row("merged and judged, every statistic of every column", cost, "≤ 0.5 s", note)
    return printed(f"A year: {DAYS} daily profiles × {len(COLUMNS)} columns, {len(days)} segments", [row])
