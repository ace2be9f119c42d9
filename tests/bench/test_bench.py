"""The benchmarks measure what they say: on small tables, the same answers as SciPy, and a printed table."""

import numpy as np
import pytest

from bench import drift, memory, year
from bench.__main__ import BENCHMARKS, LARGE_BENCHMARKS
from bench.measure import Cost, Row, cost_of, printed
from bench.tables import NUMBERS, TEXTS, parquet, random_table


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    return parquet(4000, 1, folder=folder), parquet(4000, 2, 0.3, folder=folder)


def test_the_same_seed_makes_the_same_table():
    assert random_table(50, seed=3).equals(random_table(50, seed=3))


def test_ours_and_the_hand_written_statistics_agree(pair):
    ours, hand = drift.with_frozen_reference(*pair), drift.by_hand(*pair)
    for name in NUMBERS:
        bound = ours[name]["kolmogorov_smirnov"].detail["bound"]
        assert abs(ours[name]["kolmogorov_smirnov"].value - hand[name]["kolmogorov_smirnov"]) <= bound + 1e-12
        assert bound < 0.002
    for name in TEXTS:
        assert ours[name]["jensen_shannon"].value == pytest.approx(hand[name]["jensen_shannon"], abs=1e-9)
        assert ours[name]["hellinger"].value == pytest.approx(hand[name]["hellinger"], abs=1e-9)


def test_profiling_the_reference_again_changes_no_answer(pair):
    once, again = drift.with_frozen_reference(*pair), drift.from_both_files(*pair)
    for name in NUMBERS:
        assert once[name]["psi"].value == again[name]["psi"].value


def test_a_large_table_is_scanned_to_the_last_row(tmp_path):
    profile = memory.freeze_and_scan(parquet(2500, 1, folder=tmp_path, piece=1000))
    assert profile.rows == 2500
    assert np.all(profile.observed + profile.missing == 2500)


def test_a_year_is_judged_in_every_segment(tmp_path, monkeypatch):
    monkeypatch.setattr(year, "DAYS", 5)
    monkeypatch.setattr(year, "DAILY_ROWS", 300)
    verdicts = year.merge_and_judge(tmp_path)
    assert len(verdicts) == 3
    assert all(len(of_segment) == 50 * len(year.LIMITS) for of_segment in verdicts.values())


def test_a_job_is_measured_in_a_process_of_its_own():
    cost = cost_of(random_table, 1000, 1, times=2)
    assert cost.seconds > 0 and cost.peak_mib > 1


def test_the_table_names_job_cost_and_target():
    row = Row("a job", Cost(1.5, 2.25, 100.0), "≤ 2 s")
    assert "| a job | 1.500 s | 2.250 s | 100 MiB | ≤ 2 s |" in printed("Title", [row])


def test_the_large_benchmark_runs_only_when_asked_for():
    assert not set(BENCHMARKS) & set(LARGE_BENCHMARKS)
