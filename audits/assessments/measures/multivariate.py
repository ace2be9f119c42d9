"""Drift of several columns at once, and of texts by their words, on a few rows of each side."""

import numpy as np

from audits.assessments.measures.samples import Sides, as_numbers, examined
from audits.assessments.measures.subject import Measurement, Subject, told, unless_by_chance
from audits.profiles.schema import Kind, Role
from audits.statistics import multivariate
from audits.statistics.estimates import Estimate

FEWEST_COLUMNS = 2
MOST_ROWS_COMPARED = 500  # A side, where every exchange of labels fits again.
EXCHANGES = 39


def measure_together(subject: Subject, sides: Sides) -> tuple[list[Measurement], list[str]]:
    """Reconstruction by principal components, a domain classifier and the kernel distance of all features together."""
    columns = [column for column in examined(subject) if column.has_role(Role.FEATURE)]
    reference, current = as_numbers(sides, columns)
    if reference.shape[1] < FEWEST_COLUMNS:
        return [], ["Features together: fewer than two of them are numbers or categories."]
    measured = {
        "reconstruction_error": reconstruction_error(reference, current),
        "domain_classifier": multivariate.domain_classifier_auc(
            reference,
            current,
            rng=_generator(subject),
            permutations=EXCHANGES,
            most_rows=MOST_ROWS_COMPARED,
            classifier=multivariate.SecondOrderDiscriminant(),
        ),
        "maximum_mean_discrepancy": multivariate.maximum_mean_discrepancy(
            reference, current, rng=_generator(subject), most_rows=MOST_ROWS_COMPARED
        ),
    }
    return told([_judged(subject, name, estimate) for name, estimate in measured.items()])


def measure_words(subject: Subject, sides: Sides) -> tuple[list[Measurement], list[str]]:
    """For each text that is a feature, whether its words tell the sides apart."""
    texts = [column for column in subject.version.columns_with(Role.FEATURE) if column.kind == Kind.TEXT]
    found = [
        _judged(
            subject,
            "text_domain_classifier",
            multivariate.text_domain_classifier_auc(
                sides.reference[column.name].to_list(),
                sides.current[column.name].to_list(),
                rng=_generator(subject),
                permutations=EXCHANGES,
                most_rows=MOST_ROWS_COMPARED,
            ),
            column=column.name,
        )
        for column in texts
    ]
    return told(found)


def reconstruction_error(reference: np.ndarray, current: np.ndarray) -> Estimate:
    """How much larger the current mean reconstruction error is, as a share of the reference's.

    The statistic counts in standard deviations of the reference, which any shift exceeds once there are enough rows; a
    limit needs a number that means the same at any size.
    """
    found = multivariate.pca_reconstruction_shift(reference, current)
    if found.value is None:
        return found
    then, now = found.detail["reference_error"], found.detail["current_error"]
    # The unit of the interval's ends is the same as that of the value, whose size in shares is known.
    unit = (now / then - 1.0) / found.value if found.value else 0.0
    return Estimate(
        value=now / then - 1.0,
        low=found.low * unit,
        high=found.high * unit,
        level=found.level,
        statistic=found.statistic,
        p_value=found.p_value,
        sizes=found.sizes,
        method=f"{found.method}; as a share of the reference's error",
        detail={**found.detail, "standard_deviations": found.value},
    )


def _judged(subject: Subject, measure: str, estimate: Estimate, *, column: str = "") -> Measurement:
    limit = subject.limit(measure)
    verdict = unless_by_chance(estimate, limit)
    return Measurement(measure=measure, column=column, estimate=estimate, limit=limit, verdict=verdict)


def _generator(subject: Subject) -> np.random.Generator:
    return np.random.default_rng(subject.seed)
