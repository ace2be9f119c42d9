"""A small OpenID Connect provider on the loopback address: discovery, code with PKCE, signed ID tokens."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "mrm", "a secret between two"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class OpenIdProvider:
    """Signs in whoever asks as `claims` says, with `overrides`; ID tokens are signed by `key` and `algorithm`."""

    def __init__(self):
        self.claims = {"sub": "u-1", "email": "grace@bank.example", "name": "Grace Hopper"}
        self.overrides: dict = {}
        self.key, self.algorithm = KEY, "RS256"
        self.codes: dict[str, dict] = {}
        self.asked: list[dict] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                where = urlsplit(self.path)
                answers = {"/.well-known/openid-configuration": provider.configuration, "/keys": provider.keys}
                if where.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(parse_qs(where.query)))
                    self.end_headers()
                    return
                self.answer(answers[where.path]())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                told = {name: values[0] for name, values in parse_qs(body).items()}
                provider.asked.append(told)
                granted = provider.token(told)
                self.answer(granted or {"error": "invalid_grant"}, 200 if granted else 400)

            def answer(self, content: dict, status: int = 200):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *told):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def configuration(self) -> dict:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict:
        public = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [public | {"kid": "first", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, list[str]]) -> str:
        """The person agrees at once; where the browser is sent."""
        told = {name: values[0] for name, values in asked.items()}
        assert told["code_challenge_method"] == "S256" and "openid" in told["scope"].split()
        code = secrets.token_urlsafe()
        self.codes[code] = told
        return f"{told['redirect_uri']}?{urlencode({'code': code, 'state': told['state']})}"

    def token(self, told: dict) -> dict | None:
        agreed = self.codes.pop(told["code"], None)
        verifier = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        known = (told.get("client_id"), told.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if agreed is None or not known or challenge != agreed["code_challenge"]:
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": agreed.get("nonce")} | self.claims | self.overrides
        signed = jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": "first"})
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "id_token": signed}
