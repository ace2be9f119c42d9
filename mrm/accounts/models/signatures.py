"""What people sign, and their signatures."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from mrm.accounts.models.people import Person


class Statement(models.Model):
    """What one person is about to sign, word for word: shown to them, then signed once or left to lapse."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # Becomes that of the signature.
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="statements")
    subject = models.CharField(max_length=120, db_index=True)  # As the trail names it.
    body = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the RFC 8785 bytes of the body: the challenge of a passkey.
    needs_passkey = models.BooleanField(default=False)  # The policy takes nothing weaker.
    session = models.CharField(max_length=64, blank=True)  # Only where it was shown can it be signed.
    origin = models.CharField(max_length=300, blank=True)  # Of the page that shows it.
    expires_at = models.DateTimeField()
    void_because = models.TextField(blank=True)

    def __str__(self):
        return f"statement {self.digest[:12]} of {self.person}"


class SignatureQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(voided_at__isnull=True)


class Signature(models.Model):
    """That a person signed a statement, how they proved who they are, and all that it takes to verify it later.

    Its key is that of the statement, so no statement is signed twice. Kept by triggers: it can be voided, once.
    """

    class Method(models.TextChoices):
        PASSKEY = "passkey", "Passkey"
        PASSWORD_AND_CODE = "password+totp", "Password and authenticator code"
        PASSWORD = "password", "Password"

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=200)
    subject = models.CharField(max_length=120, db_index=True)
    meaning = models.TextField()
    statement = models.JSONField()
    statement_digest = models.CharField(max_length=64)
    evidence_digest = models.CharField(max_length=64)
    method = models.CharField(max_length=20, choices=Method.choices)
    authenticated_at = models.DateTimeField()
    signed_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.TextField(blank=True)
    # Of a passkey only; base64url as Web Authentication writes it, the key in PEM.
    origin = models.CharField(max_length=300, blank=True)
    credential_id = models.TextField(blank=True, db_index=True)
    algorithm = models.CharField(max_length=10, blank=True)
    public_key = models.TextField(blank=True)
    authenticator_data = models.TextField(blank=True)
    client_data = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    sign_count = models.PositiveBigIntegerField(default=0)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["signed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(method__in=["passkey", "password+totp", "password"]), name="signature_method_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(method="passkey") | ~Q(signature=""), name="passkey_signature_is_complete"
            ),
        ]

    def __str__(self):
        return f"signature of {self.printed_name} on {self.statement['subject']['title']}"

    def in_trail(self) -> dict:
        """What the entry of the act that was signed says of the signature."""
        return {"id": str(self.pk), "method": self.method, "statement_digest": self.statement_digest}

    def in_full(self) -> dict:
        """Everything a third party needs to verify the signature, and how."""
        shown = {
            "id": str(self.pk),
            "printed_name": self.printed_name,
            "meaning": self.meaning,
            "statement": self.statement,
            "statement_digest": self.statement_digest,
            "method": self.method,
            "authenticated_at": self.authenticated_at.isoformat(),
            "signed_at": self.signed_at.isoformat(),
            "voided": self.voided_because if self.voided_at else "",
        }
        if self.method != self.Method.PASSKEY:
            return shown
        proof = ("origin", "credential_id", "algorithm", "public_key", "authenticator_data", "client_data", "signature")
        return shown | {"assertion": {name: getattr(self, name) for name in proof}}
