"""Reads settings from the environment; says which variable is wrong and what it should look like."""

import os
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def required(name: str, *, unless: bool, default: str) -> str:
    """The variable, or `default` where the exception holds; refuses to start otherwise."""
    value = os.environ.get(name)
    if value:
        return value
    if unless:
        return default
    raise ImproperlyConfigured(f"{name} must be set in production (DEBUG is off).")


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> dict:
    """Django's settings for a `postgresql://user:password@host:port/name?option=value` address."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://; no other database is supported.")
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
