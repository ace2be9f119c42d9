"""How the engineers of the demo answered the scorecard for each model."""

_NOT_MUCH = {
    "exposure": {"amount": "small", "people": "few", "error": "bearable"},
    "purpose_level": {"use": "information", "people": "no", "published": "no"},
    "complexity": {"method": "statistical", "inputs": "few", "judgement": "none", "opacity": "open"},
    "reliance": {"driver": "several", "override": "sometimes"},
}


def _answered(**changes: dict[str, str]) -> dict[str, dict[str, str]]:
    return {factor: given | changes.get(factor, {}) for factor, given in _NOT_MUCH.items()}


ANSWERS = {
    "credit-default": _answered(
        exposure={"amount": "large", "people": "many", "error": "noticeable"},
        purpose_level={"use": "business", "people": "access"},
        complexity={"method": "learned"},
        reliance={"driver": "main", "override": "never"},
    ),
    "mortgage-approval": _answered(
        exposure={"amount": "large", "error": "noticeable"},
        purpose_level={"use": "business", "people": "access"},
        reliance={"driver": "main", "override": "always"},
    ),
    "card-fraud": _answered(
        exposure={"amount": "notable", "people": "most", "error": "noticeable"},
        purpose_level={"use": "business", "people": "service"},
        complexity={"method": "learned"},
        reliance={"driver": "sole"},
    ),
    "customer-churn": _answered(
        exposure={"amount": "small", "people": "many", "error": "noticeable"},
        purpose_level={"use": "business", "people": "service"},
        complexity={"method": "learned"},
    ),
    "energy-demand": _answered(complexity={"method": "learned"}),
    "pension-participation": _answered(
        purpose_level={"use": "business"}, reliance={"driver": "informs", "override": "always"}
    ),
    "review-sentiment": _answered(
        complexity={"method": "learned"}, reliance={"driver": "informs", "override": "always"}
    ),
    "imaging-triage": _answered(
        purpose_level={"use": "business", "people": "access"}, reliance={"driver": "informs", "override": "always"}
    ),
}
# What the owner of the fraud model answers since its book became smaller.
LESS_EXPOSED = {
    "exposure": {"amount": "small", "people": "few", "error": "bearable"},
    "reliance": {"driver": "several", "override": "sometimes"},
}
