"""What is counted of a text column: numbers that each text is measured by, so that texts themselves never travel."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LENGTH = "length in characters"
WORDS = "number of words"
UNKNOWN_WORDS = "share of unknown words"
NON_LETTERS = "share of non-letters"
MEASURES = (LENGTH, WORDS, UNKNOWN_WORDS, NON_LETTERS)

# The most frequent words of the reference that are known; rarer ones are unknown from the start.
MOST_WORDS = 5000

# A word is a run of letters, digits and apostrophes, in lower case.
BETWEEN_WORDS = r"[^\p{L}\p{N}']+"


def measured(texts: pa.Array, measure: str, vocabulary: Sequence[str] | None = None) -> np.ndarray:
    """One float64 per text; NaN where there is no text, or no word or character to take the share of."""
    texts = _plain(texts)
    match measure:
        case "length in characters":
            return _doubles(pc.utf8_length(texts))
        case "number of words":
            return _with_missing(np.diff(_words(texts)[1]).astype(np.float64), texts)
        case "share of unknown words":
            words, starts = _words(texts)
            known = pc.is_in(words, value_set=pa.array(vocabulary or (), pa.large_string()))
            unknown = np.concatenate([[0], np.cumsum(~known.to_numpy(zero_copy_only=False))])
            return _share(np.diff(unknown[starts]), np.diff(starts))
        case "share of non-letters":
            letters = _doubles(pc.utf8_length(pc.replace_substring_regex(texts, pattern=r"\P{L}+", replacement="")))
            length = _doubles(pc.utf8_length(texts))
            return _share(length - letters, length)
        case _:
            raise ValueError(f"There is no measure of texts called {measure!r}.")


def vocabulary_of(texts: pa.Array) -> tuple[str, ...]:
    """The most frequent words of the reference's texts, most frequent first."""
    words, _ = _words(_plain(texts))
    counted = words.value_counts()
    rows = Counter(dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)))
    return tuple(sorted(rows, key=lambda word: (-rows[word], word))[:MOST_WORDS])


def _plain(texts: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    return texts.cast(pa.large_string())


def _words(texts: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """All words end to end, and where those of each text begin; one more beginning than there are texts."""
    spaced = pc.replace_substring_regex(pc.utf8_lower(texts), pattern=BETWEEN_WORDS, replacement=" ")
    split = pc.split_pattern(pc.utf8_trim(spaced.fill_null(""), characters=" "), pattern=" ")
    words, starts = split.flatten(), split.offsets.to_numpy() - split.offsets[0].as_py()
    is_word = np.concatenate([[0], np.cumsum(pc.greater(pc.binary_length(words), 0).to_numpy(zero_copy_only=False))])
    return words.filter(pc.greater(pc.binary_length(words), 0)), is_word[starts]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is nothing or missing."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _doubles(lengths: pa.Array) -> np.ndarray:
    return lengths.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)


def _with_missing(measures: np.ndarray, texts: pa.Array) -> np.ndarray:
    if texts.null_count:
        measures[texts.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return measures
