"""The portfolio: one story per model, told through the public services."""

from demo.stories import churn, credit, energy, fraud, mortgage, pension, pilot, reviews

STORIES = {
    "Mortgage approval": mortgage.tell,
    "Credit default": credit.tell,
    "Customer churn": churn.tell,
    "Card fraud": fraud.tell,
    "Energy demand": energy.tell,
    "Pension plan participation": pension.tell,
    "Review sentiment": reviews.tell,
    "Imaging triage pilot": pilot.tell,
}
