"""How MLflow signs the webhooks it sends. Plain values."""

import base64
import hashlib
import hmac
from datetime import timedelta

OLDEST = timedelta(minutes=5)


def signature(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256 over id, time and body, the key being the secret as UTF-8."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def why_not_taken(secret: str, *, delivery_id: str, timestamp: str, body: bytes, given: str, now: float) -> str:
    """Why a delivery is not believed; empty where it is."""
    if not (delivery_id and timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 15):
        return "The delivery says neither its id nor when it was sent."
    if not hmac.compare_digest(signature(secret, delivery_id, timestamp, body).encode(), given.encode()):
        return "The signature of the delivery does not hold."
    if abs(now - int(timestamp)) > OLDEST.total_seconds():
        return "The delivery is more than five minutes old, or from the future."
    return ""
