"""What calls that carry a password have in common."""

import hashlib
import json

from mrm.accounts.api import Api

SECRETS = ("password", "code")


class SigningApi(Api):
    def body_digest(self, request) -> str:
        """Without the password: whoever reads the table of keys must not be able to guess it from a digest."""
        told = request.data
        if isinstance(told, dict):
            told = {name: value for name, value in told.items() if name not in SECRETS}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
