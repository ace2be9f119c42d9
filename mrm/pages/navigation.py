"""What base.html knows on every page."""

from django.conf import settings

# Address name, word, icon, and the beginnings of the addresses that lie under it.
PLACES = (
    ("home", "Home", "house", ()),
    ("portfolio", "Portfolio", "grid", ("/portfolio/", "/indicators/", "/runs/", "/breaches/")),
    ("register", "Register", "list", ("/models/", "/register/", "/register-model/", "/hygiene/", "/attestations/")),
    ("change-list", "Changes", "exchange", ("/changes/", "/in-force/", "/delegations/")),
    ("finding-list", "Findings", "flag", ("/findings/", "/validations/")),
    ("policy", "Policy", "scale", ("/policy/",)),
    ("report-list", "Reports", "document", ("/reports/",)),
    ("trail", "Trail", "shield", ("/trail/",)),
)
THEMES = ("light", "dark")


def page(request) -> dict:
    """Where one can go and where one is, whose installation this is, and the theme this browser chose."""
    theme = request.COOKIES.get("theme", "")
    return {
        "places": [(name, word, icon, _is_under(request.path, under)) for name, word, icon, under in PLACES],
        "organisation": settings.ORGANISATION,
        "theme": theme if theme in THEMES else "",
    }


def _is_under(path: str, beginnings: tuple[str, ...]) -> bool:
    return path.startswith(beginnings) if beginnings else path == "/"
