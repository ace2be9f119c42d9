"""Which types a skops file may hold.

skops itself trusts every public scikit-learn estimator, primitive values, and NumPy's and SciPy's functions and
arrays. Added here are the private parts that fitted estimators are made of. skops leaves some of those out because a
crafted tree can point outside its own array; that is why the file is opened in a confined process only. Anything else
is refused by name.
"""

ALLOWED = frozenset({
    # Fitted trees and histograms, whose nodes are plain arrays.
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    # Losses and links: parameters only.
    "sklearn._loss.link.HalfLogitLink",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogLink",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.AbsoluteError",
    "sklearn._loss.loss.ExponentialLoss",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfGammaLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfPoissonLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn._loss.loss.HuberLoss",
    "sklearn._loss.loss.PinballLoss",
    "_loss.CyAbsoluteError",
    "_loss.CyExponentialLoss",
    "_loss.CyHalfBinomialLoss",
    "_loss.CyHalfGammaLoss",
    "_loss.CyHalfMultinomialLoss",
    "_loss.CyHalfPoissonLoss",
    "_loss.CyHalfSquaredError",
    "_loss.CyHalfTweedieLoss",
    "_loss.CyHalfTweedieLossIdentity",
    "_loss.CyHuberLoss",
    "_loss.CyPinballLoss",
    # What pipelines and column transformers remember about their columns.
    "sklearn.utils._bunch.Bunch",
    "sklearn.compose._column_transformer._RemainderColsList",
    "sklearn.compose._column_transformer.make_column_selector",
    # Calibration and neural networks keep helpers of their own.
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.preprocessing._label.LabelEncoder",
    # Values.
    "numpy.dtype",
    "numpy.random.mtrand.RandomState",
    "scipy.interpolate._bsplines.BSpline",
    "scipy.sparse._csr.csr_matrix",
    "scipy.interpolate._interpolate.interp1d",
})  # fmt: skip


def refused(types: list[str]) -> list[str]:
    """Those of the types skops does not trust by itself that are not allowed here either."""
    return sorted(set(types) - ALLOWED)
