"""Reads settings from the environment; says which variable is wrong and what it should look like."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

WITH_HOST = {"http", "https", "s3"}  # Schemes whose addresses are nowhere without one.
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def required(
    name: str, *, unless: bool, default: str, when: str = "in production (DEBUG is off)", least: int = 1
) -> str:
    """The variable, or `default` where the exception holds; refuses to start otherwise."""
    value = os.environ.get(name)
    if unless and not value:
        return default
    if value and (unless or len(value) >= least):
        return value
    if value:
        raise ImproperlyConfigured(f"{name} must have at least {least} characters, not {len(value)}.")
    raise ImproperlyConfigured(f"{name} must be set {when}.")


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int, *, least: int = 1, most: int | None = None) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number {bounds}, not {value!r}.") from None
    if number < least or (most is not None and number > most):
        raise ImproperlyConfigured(f"{name} must be a whole number {bounds}, not {value}.")
    return number


def fitting(name: str, default: str, *, pattern: str, such_as: str) -> str:
    """A text of one form, or the default."""
    value = os.environ.get(name) or default
    if value and not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name} must look like {such_as}, not {value!r}.")
    return value


def address(name: str, default: str = "", *, schemes: tuple[str, ...]) -> str:
    """An address that begins in one of these ways and names a host or a path. Not shown where it is wrong: addresses
    hold passwords."""
    value = os.environ.get(name) or default
    try:
        parts = urlsplit(value)
        named = parts.hostname or (parts.scheme not in WITH_HOST and parts.path)
        is_one = parts.scheme in schemes and named and parts.port != 0
    except ValueError:  # A port that is no number, or a bracket too many.
        is_one = False
    if value and not is_one:
        known = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must be an address that begins with {known}; a port in it is a number.")
    return value


def file(name: str) -> str:
    """The path of a file that is there."""
    value = os.environ.get(name, "")
    try:
        is_there = Path(value).is_file()
    except (OSError, ValueError):  # Out of reach of this account; or no path at all, but perhaps a key itself.
        is_there = False
    if value and not is_there:
        raise ImproperlyConfigured(f"{name} must be the path of a file that this account reaches.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> dict:
    """Django's settings for a `postgresql://user:password@host:port/name?option=value` address."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "mrm.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def broker(url: str) -> str:
    """Celery's spelling of a Redis address: `redis+socket://` where the Redis client says `unix://`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={number}"


def sign_on(issuer: str, *, client_id: str, secret: str, name: str) -> dict:
    """allauth's settings for one OpenID Connect provider, known by its issuer; none without."""
    if not issuer:
        return {}
    told = {"server_url": issuer.rstrip("/"), "fetch_userinfo": False, "oauth_pkce_enabled": True}
    app = {"provider_id": "sign-on", "name": name, "client_id": client_id, "secret": secret, "settings": told}
    return {"openid_connect": {"APPS": [app]}}


def mail(url: str) -> dict:
    """Django's settings for `smtp://user:password@host:587`, `smtps://host` or `file:///folder`; without it no mail."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://user:password@host:587, smtps://host or file:///folder."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and options.get("tls", "on") != "off",
        "EMAIL_TIMEOUT": 20,
    }
