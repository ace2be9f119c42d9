import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_know_more_roles")]

    operations = [
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("printed_name", models.CharField(max_length=200)),
                ("subject", models.CharField(db_index=True, max_length=120)),
                ("meaning", models.TextField()),
                ("statement", models.JSONField()),
                ("statement_digest", models.CharField(max_length=64)),
                ("evidence_digest", models.CharField(max_length=64)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("passkey", "Passkey"),
                            ("password+totp", "Password and authenticator code"),
                            ("password", "Password"),
                        ],
                        max_length=20,
                    ),
                ),
                ("authenticated_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("voided_because", models.TextField(blank=True)),
                ("origin", models.CharField(blank=True, max_length=300)),
                ("credential_id", models.TextField(blank=True, db_index=True)),
                ("algorithm", models.CharField(blank=True, max_length=10)),
                ("public_key", models.TextField(blank=True)),
                ("authenticator_data", models.TextField(blank=True)),
                ("client_data", models.TextField(blank=True)),
                ("signature", models.TextField(blank=True)),
                ("sign_count", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "ordering": ["signed_at"],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("subject", models.CharField(db_index=True, max_length=120)),
                ("body", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("needs_passkey", models.BooleanField(default=False)),
                ("session", models.CharField(blank=True, max_length=64)),
                ("origin", models.CharField(blank=True, max_length=300)),
                ("expires_at", models.DateTimeField()),
                ("void_because", models.TextField(blank=True)),
            ],
        ),
        migrations.AddField(
            model_name="signature",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="statements", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["passkey", "password+totp", "password"])),
                name="signature_method_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "passkey"), _negated=True),
                    models.Q(("signature", ""), _negated=True),
                    _connector="OR",
                ),
                name="passkey_signature_is_complete",
            ),
        ),
    ]
