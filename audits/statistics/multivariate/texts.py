"""Can texts of the two sides be told apart by their words?"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.multivariate.samples import domain_classifier_auc
from audits.statistics.multivariate.tables import thinned

MOST_WORDS = 5000
WORDS_SHOWN = 10


def text_domain_classifier_auc(
    reference: Sequence[str | None],
    current: Sequence[str | None],
    *,
    rng: np.random.Generator,
    components: int = 20,
    folds: int = 3,
    permutations: int = 99,
    most_rows: int = 2000,
) -> Estimate:
    """Mean out-of-fold AUC of a classifier that tells current from reference texts by their words; 0.5 without shift.

    reference, current: texts, None where one is missing (which counts as an empty text). Words weigh by TF-IDF, over
    both sides and without their labels, reduced to `components` by truncated singular values (latent semantic
    analysis); a logistic regression tells the sides apart, and labels are exchanged as in `domain_classifier_auc`.
    `detail["words"]` holds those whose mean weight differs most. Raises ValueError for fewer than 1 component, 2 folds
    or 1 permutation. Source: Lopez-Paz & Oquab 2017; Deerwester et al. 1990 (LSA); Rabanser et al. 2019.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if components < 1:
        raise ValueError("At least 1 component is needed.")
    method = f"domain classifier on TF-IDF of words, {components} components"
    sides = [[text or "" for text in thinned(np.array(side, dtype=object), most_rows)] for side in (reference, current)]
    sizes = {"reference": len(reference), "current": len(current)}
    weigh = TfidfVectorizer(max_features=MOST_WORDS, sublinear_tf=True, analyzer=_words)
    if not all(any(_words(text) for text in side) for side in sides):
        return could_not_compute("One of the sides has no text with a word.", method=method, sizes=sizes)
    weights = scipy.sparse.csr_array(weigh.fit_transform([*sides[0], *sides[1]]))
    names, cut = weigh.get_feature_names_out(), len(sides[0])
    means = [np.asarray(part.mean(axis=0)).ravel() for part in (weights[:cut], weights[cut:])]
    if weights.shape[1] > components:
        table = TruncatedSVD(components, random_state=int(rng.integers(2**31))).fit_transform(weights)
    else:
        table = weights.toarray()
    found = domain_classifier_auc(
        table[:cut], table[cut:], rng=rng, folds=folds, permutations=permutations, most_rows=most_rows,
        classifier=LogisticRegression(max_iter=1000),
    )  # fmt: skip
    apart = np.argsort(-np.abs(means[1] - means[0]), kind="stable")[:WORDS_SHOWN]
    words = [{"word": str(names[at]), "reference": float(means[0][at]), "current": float(means[1][at])} for at in apart]
    return replace(found, sizes=sizes, method=f"{method}; {found.method}", detail={**found.detail, "words": words})


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
