"""The words that attributes are chosen from."""

LEVELS = ("low", "medium", "high")
TIERS_EXPECTED = ("1", "2", "3")

MODEL_TYPES = (
    "classification",
    "regression",
    "ranking",
    "forecasting",
    "clustering",
    "anomaly_detection",
    "optimisation",
    "valuation",
    "simulation",
    "generative",
    "rules",
    "expert_judgement",
    "other",
)
METHOD_FAMILIES = (
    "linear",
    "scorecard",
    "tree",
    "ensemble_of_trees",
    "neural_network",
    "language_model",
    "time_series",
    "survival",
    "bayesian",
    "kernel_or_neighbours",
    "simulation",
    "rules",
    "expert_judgement",
    "other",
)
REGULATORY_CATEGORIES = (
    "regulatory_capital",
    "accounting_provisions",
    "stress_testing",
    "anti_money_laundering",
    "sanctions",
    "fair_lending",
    "employment",
    "insurance_pricing",
    "market_risk",
    "liquidity",
    "consumer_protection",
    "financial_reporting",
)
AI_ACT_ROLES = ("provider", "deployer", "importer", "distributor", "product_manufacturer", "none")
AI_ACT_CLASSES = ("prohibited", "high_risk", "transparency", "minimal", "general_purpose", "out_of_scope")
PERSONAL_DATA = ("none", "personal", "special_category")
EXPLAINABILITY = ("none", "global", "local", "reason_codes")
ORIGINS = ("internal", "vendor", "open_source", "hybrid")
VERDICTS = ("model", "not_a_model", "undetermined")
DISCIPLINES = ("legal", "compliance", "privacy", "technology", "security", "ethics", "audit", "finance", "other")
DEPENDENCY_KINDS = ("input", "calibration", "aggregation", "shared_code", "benchmark", "override")
DOCUMENT_KINDS = (
    "development",
    "validation",
    "monitoring_plan",
    "user_guide",
    "vendor_evidence",
    "impact_assessment",
    "contingency_plan",
    "approval",
    "other",
)
