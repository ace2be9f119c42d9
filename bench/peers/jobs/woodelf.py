"""WOODELF: interventional SHAP of ten thousand rows against a hundred background rows."""

import numpy as np
import pandas as pd
import xgboost
from woodelf import WoodelfExplainer


def read(model: str, rows: str, background: str) -> tuple[xgboost.Booster, pd.DataFrame, pd.DataFrame]:
    return xgboost.Booster(model_file=model), pd.DataFrame(np.load(rows)), pd.DataFrame(np.load(background))


def job(model: xgboost.Booster, rows: pd.DataFrame, background: pd.DataFrame) -> dict[str, dict[str, float]]:
    values = np.asarray(WoodelfExplainer(model, background).shap_values(rows))
    sizes = np.abs(values).mean(axis=0)
    return {str(place): {"share": float(share)} for place, share in enumerate(sizes / sizes.sum())}
