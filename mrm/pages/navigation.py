"""What base.html knows on every page."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

# A run and a breach lie on a tab of their model.
REGISTER = ("/models/", "/register/", "/register-model/", "/hygiene/", "/attestations/", "/runs/", "/breaches/")
# Address name, word, icon, and the beginnings of the addresses that lie under it.
PLACES = (
    ("home", "Home", "house", ()),
    ("portfolio", "Portfolio", "grid", ("/portfolio/", "/indicators/")),
    ("register", "Register", "list", REGISTER),
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
        "places": _places(request),
        "passkey_address": _passkey_address(request),
        "organisation": settings.ORGANISATION,
        "theme": theme if theme in THEMES else "",
    }


def _places(request) -> list[tuple]:
    """None for whoever holds no role: nothing is there for them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.all_roles():
        return []
    return [(name, word, icon, _is_under(request.path, under)) for name, word, icon, under in PLACES]


def _passkey_address(request) -> str:
    """Where this page can use passkeys, if not here: they belong to a host's name, never to a number. Else empty."""
    here = urlsplit(f"//{request.get_host()}")
    try:
        number, port = ip_address(here.hostname), here.port or 80
    except ValueError:  # A name; or no port, which Django does not ask.
        return ""
    site = f"{request.scheme}://localhost:{port}" if number.is_loopback else settings.PUBLIC_URL
    return f"{site}{request.path}"


def _is_under(path: str, beginnings: tuple[str, ...]) -> bool:
    return path.startswith(beginnings) if beginnings else path == "/"
