"""What is simulated: data drawn under a truth that is known, measured and judged by the functions that mrm calls."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, special

from audits.statistics import calibration, control, drift, estimation, fairness, performance
from audits.statistics.counts import Counts
from audits.statistics.estimates import Estimate
from audits.statistics.limits import Verdict, judge
from inventory import policies

CELLS = 10
NULL_SIZES = ((200, 200), (1000, 200), (1000, 1000), (10_000, 10_000), (100_000, 100_000))
TOLERANCE_SIZES = ((200, 200), (1000, 300), (1000, 1000), (10_000, 3000), (20_000, 5000), (200_000, 50_000))
TOLERANCES = (0.02, 0.10, 0.25)
FEATURES, DRIFTED = 50, 10
WEEKS, WEEKLY_ROWS, REFERENCE_ROWS = 52, 1000, 10_000
ALARMS = (Verdict.AMBER, Verdict.RED)


@dataclass(frozen=True)
class Rate:
    """How often something happened, and how often it is stated to (None where nothing is): exactly, or at most."""

    what: str
    happened: float
    replications: int
    stated: float | None = None
    at_most: bool = False

    @property
    def error(self) -> float:
        """The standard error of the simulation."""
        return math.sqrt(max(self.happened * (1 - self.happened), 1 / self.replications) / self.replications)

    def keeps(self, promise: float, errors: float) -> bool:
        """Within `promise` of what is stated, or not above it, unless by more than so many standard errors."""
        if self.stated is None:
            return True
        excess = self.happened - self.stated
        return (excess if self.at_most else abs(excess) - promise) <= errors * self.error


def share_of(outcomes: Sequence[bool], what: str, stated: float | None = None, *, at_most: bool = False) -> Rate:
    return Rate(what, float(np.mean(outcomes)), len(outcomes), stated, at_most)


# One column, cut at the deciles of its reference. The reference is uniform on (0, 1), whatever the column's unit: only
# ranks matter to deciles.

# The share of the current population below the reference's quantile u, for a shift of some size.
SHAPES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "normal, mean shifted": lambda u, size: special.ndtr(special.ndtri(u) - size),
    "density tilted": lambda u, size: u + size * (u**2 - u),
}
LARGEST_SIZE = {"normal, mean shifted": 2.0, "density tilted": 0.999}
USUAL = "normal, mean shifted"


@cache
def size_of_shift(true_psi: float, shape: str) -> float:
    """The shift whose PSI over the deciles of the whole population is `true_psi`."""
    deciles = np.linspace(0, 1, CELLS + 1)

    def excess(size: float) -> float:
        q = np.diff(SHAPES[shape](deciles, size))
        return float(np.sum((q - 1 / CELLS) * np.log(q * CELLS))) - true_psi

    return float(optimize.brentq(excess, 0.0, LARGEST_SIZE[shape])) if true_psi else 0.0


def shares_per_decile(
    rows: int, true_psi: float, draws: int, rng: np.random.Generator, *, shape: str = USUAL
) -> np.ndarray:
    """What of the shifted population lies between the sample deciles of so many reference rows, shape (draws, 10)."""
    # Between two of them is one tenth of the rows, but a random part of the population.
    gaps = rng.dirichlet(np.full(CELLS, rows / CELLS), size=draws)
    edges = np.concatenate([np.zeros((draws, 1)), np.cumsum(gaps[:, :-1], axis=1), np.ones((draws, 1))], axis=1)
    shares = np.diff(SHAPES[shape](edges, size_of_shift(true_psi, shape)), axis=1)
    return shares / shares.sum(axis=1, keepdims=True)


def psi(rows: int, cells: np.ndarray) -> Estimate:
    """Of current counts per reference decile, as mrm computes it."""
    expected = np.full(CELLS, rows // CELLS)
    names = tuple(f"decile {place}" for place in range(1, CELLS + 1))
    return drift.population_stability_index(
        Counts(cells=np.append(expected, 0), categories=names),
        Counts(cells=np.append(cells, 0), categories=names),
        tolerances=TOLERANCES,
    )


def drawn_psi(
    sizes: tuple[int, int], true_psi: float, draws: int, rng: np.random.Generator, *, shape: str = USUAL
) -> list[Estimate]:
    """The PSI of `draws` pairs of samples whose true PSI is this."""
    shares = shares_per_decile(sizes[0], true_psi, draws, rng, shape=shape)
    return [psi(sizes[0], cells) for cells in rng.multinomial(sizes[1], shares)]


def null_size(sizes: tuple[int, int], draws: int, rng: np.random.Generator) -> tuple[Rate, Rate]:
    """Of the test of no change at all: rejections at 5 %, and how often a stable population passes 0.10 anyway."""
    found = drawn_psi(sizes, 0.0, draws, rng)
    named = f"{sizes[0]:,} and {sizes[1]:,} rows"
    return (
        share_of([one.p_value < 0.05 for one in found], named, 0.05),
        share_of([one.value > 0.10 for one in found], named),
    )


def tolerance_size(
    sizes: tuple[int, int], tolerance: float, draws: int, rng: np.random.Generator, *, shape: str = USUAL
) -> Rate:
    """Of the tolerance test where the true PSI is the tolerance itself, the hardest case of its null: 5 %."""
    found = drawn_psi(sizes, tolerance, draws, rng, shape=shape)
    rejected = [one.detail["tolerance"][f"{tolerance:g}"] < 0.05 for one in found]
    return share_of(rejected, f"{sizes[0]:,} and {sizes[1]:,} rows, tolerance {tolerance:g}, {shape}", 0.05)


# Intervals


def _auc(interval: str, positives: int, negatives: int, rng: np.random.Generator) -> bool:
    label = np.repeat([1, 0], [positives, negatives])
    answer = performance.auc(label, rng.normal(size=len(label)) + label, interval=interval)
    return answer.low <= special.ndtr(1 / math.sqrt(2)) <= answer.high


def _impact_ratio(rows: int, rate: float, true_ratio: float, rng: np.random.Generator) -> bool:
    chosen, others = rng.binomial(rows, rate * true_ratio), rng.binomial(2000, rate)
    cells = {
        "group": ["small", "small", "large", "large"],
        "prediction": [1, 0, 1, 0],
        "count": [chosen, rows - chosen, others, 2000 - others],
    }
    answer = fairness.impact_ratio(cells, "group")["small"]
    return answer.low <= true_ratio <= answer.high


def _rate(name: str, rows: int, rng: np.random.Generator) -> bool:
    chances = np.array([0.06, 0.04, 0.10, 0.80])  # true positives, false negatives, false positives, true negatives
    truth = {"recall": 0.6, "precision": 0.375, "accuracy": 0.86, "false_positive_rate": 1 / 9}[name]
    table = rng.multinomial(rows, chances)
    answer = performance.BINARY_MEASURES[name]([1, 1, 0, 0], [1, 0, 1, 0], weights=table)
    return answer.low <= truth <= answer.high


def _recalibration(name: str, rows: int, base: float, rng: np.random.Generator) -> bool:
    probability = special.expit(rng.normal(base, 1.2, rows))
    answer = calibration.calibration_intercept_slope(rng.random(rows) < probability, probability)[name]
    return answer.low <= {"intercept": 0.0, "slope": 1.0}[name] <= answer.high


def _estimated(name: str, method: str, rng: np.random.Generator) -> bool:
    """CBPE promises where the performance that these very rows turn out to have will lie."""
    score = special.expit(rng.normal(-0.5, 1.5, 2500))
    label = rng.random(2500) < special.expit(0.8 * special.logit(score))
    fitted = estimation.ConfidenceBasedEstimator.fit(label[:2000], score[:2000], calibration=method)
    answer = fitted.estimate(score[2000:], threshold=0.5, measures=(name,))[name]
    other = score[2000:] if name == "auc" else score[2000:] >= 0.5
    true = getattr(performance, name)(label[2000:], other).value
    return answer.low <= true <= answer.high


def _psi(sizes: tuple[int, int], true_psi: float, rng: np.random.Generator) -> bool:
    answer = drawn_psi(sizes, true_psi, 1, rng)[0]
    return answer.low <= true_psi <= answer.high


COVERAGES: dict[str, tuple[Callable[..., bool], tuple]] = {
    "AUC (DeLong on log-odds), 100 with the outcome and 200 without": (_auc, ("logit", 100, 200)),
    "AUC (DeLong on log-odds), 30 with the outcome and 1,000 without": (_auc, ("logit", 30, 1000)),
    "AUC (DeLong), 100 with the outcome and 200 without": (_auc, ("delong", 100, 200)),
    "AUC (DeLong), 30 with the outcome and 1,000 without": (_auc, ("delong", 30, 1000)),
    "impact ratio (Katz), 50 rows against 2,000, rates of 30 %": (_impact_ratio, (50, 0.3, 1.0)),
    "impact ratio (Katz), 100 rows against 2,000, 24 % against 30 %": (_impact_ratio, (100, 0.3, 0.8)),
    "impact ratio (Katz), 300 rows against 2,000, 8 % against 10 %": (_impact_ratio, (300, 0.1, 0.8)),
    "accuracy (Wilson), 500 rows": (_rate, ("accuracy", 500)),
    "recall (Wilson), 500 rows, 50 with the outcome": (_rate, ("recall", 500)),
    "precision (Wilson), 500 rows": (_rate, ("precision", 500)),
    "false positive rate (Wilson), 500 rows": (_rate, ("false_positive_rate", 500)),
    "calibration slope (Wald), 400 rows, half with the outcome": (_recalibration, ("slope", 400, 0.0)),
    "calibration slope (Wald), 2,000 rows, 9 % with the outcome": (_recalibration, ("slope", 2000, -3.0)),
    "calibration in the large (Wald), 400 rows": (_recalibration, ("intercept", 400, 0.0)),
    "CBPE of AUC, isotonic, 2,000 reference rows and 500": (_estimated, ("auc", "isotonic")),
    "CBPE of accuracy, isotonic, 2,000 reference rows and 500": (_estimated, ("accuracy", "isotonic")),
    "CBPE of F1, logistic, 2,000 reference rows and 500": (_estimated, ("f1", "logistic")),
    "PSI of 0.10, 3,000 reference rows and 1,000": (_psi, ((3000, 1000), 0.10)),
}


def coverage(name: str, draws: int, rng: np.random.Generator) -> Rate:
    """How often a 95 % interval holds the truth."""
    held, arguments = COVERAGES[name]
    return share_of([held(*arguments, rng) for _ in range(draws)], name, 0.95)


# Many features


def families(runs: int, rng: np.random.Generator) -> tuple[Rate, Rate, Rate]:
    """Fifty features tested for any change of their PSI, ten of which did change."""
    sizes, some, false_shares, plain = (2000, 1000), [], [], []
    for _ in range(runs):
        changed, stable = drawn_psi(sizes, 0.04, DRIFTED, rng), drawn_psi(sizes, 0.0, FEATURES - DRIFTED, rng)
        p_values = [one.p_value for one in (*changed, *stable)]
        some.append(any(control.holm(p_values).rejected[DRIFTED:]))
        rejected = control.benjamini_hochberg(p_values).rejected
        false_shares.append(sum(rejected[DRIFTED:]) / max(1, sum(rejected)))
        plain.append(any(p_value < 0.05 for p_value in p_values[DRIFTED:]))
    return (
        share_of(plain, "uncorrected: at least one false alarm"),
        share_of(some, "Holm: at least one false alarm", 0.05, at_most=True),
        # The mean of a share: its error is at most that of an event as frequent.
        Rate("Benjamini–Hochberg: share of false alarms among alarms", float(np.mean(false_shares)), runs, 0.05, True),
    )


# Many weeks


def standard_limit():
    """What the standard policy says about the PSI of a feature."""
    return policies.limit(policies.standard(), "psi", role="feature", tier=1)


def year_of_psi(true_psi: float, rng: np.random.Generator) -> list[Estimate]:
    """Weekly PSI against one reference."""
    shares = shares_per_decile(REFERENCE_ROWS, true_psi, 1, rng)[0]
    return [psi(REFERENCE_ROWS, cells) for cells in rng.multinomial(WEEKLY_ROWS, shares, size=WEEKS)]


def policy_alarms(true_psi: float, years: int, rng: np.random.Generator) -> Rate:
    """Years in which the standard policy raises at least one alarm though the true PSI is within its tolerance."""
    limit = standard_limit()
    alarms = [any(judge(one, limit) in ALARMS for one in year_of_psi(true_psi, rng)) for _ in range(years)]
    stated = 0.05 if true_psi < limit.amber else None
    return share_of(alarms, f"standard policy, PSI each week, true PSI {true_psi:g}", stated, at_most=True)


def change_alarms(years: int, rng: np.random.Generator) -> Rate:
    """What the policy avoids: testing each week whether anything changed at all."""
    alarms = [any(one.p_value < 0.05 for one in year_of_psi(0.0, rng)) for _ in range(years)]
    return share_of(alarms, "for contrast: a 5 % test of any change each week, true PSI 0")


def spent_alarms(years: int, rng: np.random.Generator) -> Rate:
    """The tolerance test at its very tolerance, with LORD++ spending one error rate over all weeks."""
    alarms = []
    for _ in range(years):
        p_values = [one.detail["tolerance"]["0.1"] for one in year_of_psi(0.10, rng)]
        alarms.append(any(control.lord(p_values).rejected))
    return share_of(alarms, "tolerance test with LORD++ over the weeks, true PSI 0.1", 0.05, at_most=True)


def sequence_misses(years: int, rng: np.random.Generator, *, rows: int = 50) -> Rate:
    """A confidence sequence of an error rate that is wrong at any of its looks."""
    missed = []
    for _ in range(years):
        answer = control.confidence_sequence(rng.random(WEEKS * rows) < 0.1)
        missed.append(max(answer.low) > 0.1 or min(answer.high) < 0.1)
    return share_of(missed, "confidence sequence of an error rate of 10 %, wrong at any look", 0.05, at_most=True)


def betting_alarms(years: int, rng: np.random.Generator, *, rows: int = 50) -> Rate:
    """An e-process against an error rate of at most its tolerance, which is the true one."""
    alarms = [
        control.betting_e_process(rng.random(WEEKS * rows) < 0.1, tolerance=0.1).alarm_at is not None
        for _ in range(years)
    ]
    return share_of(alarms, "betting e-process, error rate at its tolerance of 10 %", 0.05, at_most=True)


def calibration_alarms(years: int, rng: np.random.Generator, *, rows: int = 50) -> Rate:
    """The e-process of predicted probabilities, which are right."""
    alarms = []
    for _ in range(years):
        probability = rng.beta(1, 9, WEEKS * rows)
        label = rng.random(len(probability)) < probability
        alarms.append(calibration.calibration_e_process(label, probability).alarm_at is not None)
    return share_of(alarms, "calibration e-process, probabilities that are right", 0.05, at_most=True)
