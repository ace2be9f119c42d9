"""NannyML's univariate drift, the whole batch as one chunk."""

import nannyml
import pandas as pd


def read(reference: str, current: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(reference), pd.read_parquet(current)


def job(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, dict[str, float]]:
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(reference.columns),
        chunk_number=1,
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon", "wasserstein", "hellinger"],
        categorical_methods=["chi2", "jensen_shannon", "l_infinity", "hellinger"],
    )
    calculator.fit(reference)
    measured = calculator.calculate(current).filter(period="analysis").to_df()
    return {
        name: {statistic: float(measured[name, statistic, "value"].iloc[0])}
        for name in reference.columns
        for statistic in ("kolmogorov_smirnov" if name.startswith("number") else "jensen_shannon",)
    }
