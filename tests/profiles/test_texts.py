"""What is measured of texts, since the texts themselves never travel."""

import numpy as np
import pyarrow as pa
import pytest

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.schema import Column, Kind
from audits.profiles.texts import LENGTH, MEASURES, NON_LETTERS, UNKNOWN_WORDS, WORDS, measured, vocabulary_of

TEXTS = pa.array(["Don't pay, late!", None, "", "  \n ", "PAY 12", "Ünïcode 🙂"])
NAN = np.nan


@pytest.mark.parametrize(
    "measure, expected",
    [
        (LENGTH, [16, NAN, 0, 4, 6, 9]),
        (WORDS, [3, NAN, 0, 0, 2, 1]),
        (UNKNOWN_WORDS, [1 / 3, NAN, NAN, NAN, 0.5, 1]),
        (NON_LETTERS, [5 / 16, NAN, NAN, 1, 0.5, 2 / 9]),
    ],
)
def test_a_text_is_measured_as_by_hand(measure, expected):
    known = ("pay", "late")
    np.testing.assert_allclose(measured(TEXTS, measure, known), expected)
    np.testing.assert_allclose(measured(TEXTS.dictionary_encode(), measure, known), expected)
    np.testing.assert_allclose(measured(TEXTS.slice(3), measure, known), expected[3:])


def test_the_vocabulary_holds_the_words_of_the_reference_most_frequent_first():
    assert vocabulary_of(pa.array(["b a", "A b!", None, "c b"])) == ("b", "a", "c")


def test_an_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="no measure"):
        measured(TEXTS, "mood")


def test_a_text_column_is_counted_by_every_measure_of_it():
    grid = freeze_grid(pa.table({"note": TEXTS}), [Column("note", Kind.TEXT)])
    assert grid.names == tuple(f"note: {measure}" for measure in MEASURES)
    profile = scan(pa.table({"note": ["pay", "never heard of it", None]}), grid)
    unknown = profile.counts(f"note: {UNKNOWN_WORDS}")
    assert (unknown.mean, unknown.maximum, unknown.missing) == (0.5, 1.0, 1)
    assert profile.counts(f"note: {LENGTH}").maximum == 17


def test_a_reference_of_empty_texts_still_has_a_grid():
    grid = freeze_grid(pa.table({"note": pa.array([None, ""], pa.string())}), [Column("note", Kind.TEXT)])
    assert grid[f"note: {UNKNOWN_WORDS}"].cells == 1
    assert scan(pa.table({"note": pa.array([], pa.string())}), grid).rows == 0
