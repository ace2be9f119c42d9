"""Every setting, from the environment through `mrm.env`. Documented in docs/settings.md, checked by a test."""

import sys
from pathlib import Path

from mrm import embedded, env

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(env.text("MRM_VAR") or ROOT / "var").absolute()

# --- Safety -----------------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", default=False)
DEVELOPMENT = env.boolean("MRM_DEVELOPMENT", default=False)  # Set by make run and make test: local keys, no HTTPS.
SECRET_KEY = env.required("SECRET_KEY", unless=DEBUG or DEVELOPMENT, default="development-only-not-a-secret", least=50)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PUBLIC_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8000", schemes=("http", "https")).rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "mrm.http.foreign_form"
HTTPS = PUBLIC_URL.lower().startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- Applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "mrm.accounts",
    "inventory",
    "audits.trail",
    "audits.assessments",
    "audits.workflows",
    "registry",
    "reports",
    "demo",
]
MIDDLEWARE = [
    "mrm.accounts.authentication.addresses.AddressTokenMiddleware",
    "mrm.http.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "mrm.http.ContentSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mrm.http.SignedInMiddleware",
    "mrm.accounts.authentication.roles.RolesMiddleware",
    "mrm.accounts.authentication.readings.ReadingsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "mrm.http.RefusalMiddleware",
]
ROOT_URLCONF = "mrm.urls"
WSGI_APPLICATION = "mrm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mrm.pages.navigation.page",
            ],
            "builtins": ["mrm.pages.tags", "inventory.contents.stories.tags"],
        },
    },
]

# --- Database, queue, files -------------------------------------------------------------------------------------------
EMBEDDED_DATABASE = embedded.database_url(VAR, role=embedded.role_for(sys.argv))
DATABASES = {
    "default": env.database(env.address("DATABASE_URL", schemes=("postgresql", "postgres")) or EMBEDDED_DATABASE)
}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
PREPARED_STATEMENTS = env.boolean("PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.address("REDIS_URL", schemes=("redis", "rediss", "unix")) or embedded.redis_url(VAR)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
STORAGE_URL = env.address("STORAGE_URL", schemes=("file", "s3")) or (VAR / "storage").as_uri()
MAXIMUM_UPLOAD_BYTES = env.integer("MAXIMUM_UPLOAD_MIB", 100) * 2**20
MAXIMUM_UPLOAD_ROWS = env.integer("MAXIMUM_UPLOAD_ROWS", 5_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

# --- Work in the background -------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True  # Rows say what was done; a result backend would be a second truth.
CELERY_TASK_ACKS_LATE = True  # A killed worker's task is delivered again…
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 60)
CHECKPOINT_SECONDS = 20
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": float(SWEEP_SECONDS), "options": {"expires": SWEEP_SECONDS}}
    for name, task in {
        "profile new batches": "inventory.tasks.profile_new_batches",
        "end lapsed exemptions": "inventory.tasks.end_lapsed_exemptions",
        "end lapsed cadences": "inventory.tasks.end_lapsed_cadences",
        "end expired approvals": "inventory.tasks.end_expired_approvals",
        "read sources": "inventory.tasks.read_sources",
        "gather logged events": "inventory.tasks.gather_events",
        "import requested surveys": "inventory.tasks.import_requested_surveys",
        "run due plans": "audits.assessments.tasks.run_due_plans",
        "ask for attestations": "audits.workflows.tasks.ask_for_attestations",
        "ask for validations": "audits.workflows.tasks.ask_for_validations",
        "end baselines": "audits.workflows.tasks.end_baselines",
        "count how models stand": "audits.workflows.tasks.count_standings",
        "open retraining requests": "audits.workflows.tasks.open_retraining_requests",
        "end envelopes": "audits.workflows.tasks.end_envelopes",
        "decide what was retrained": "audits.workflows.tasks.decide_retrained",
        "dispatch approved retrainings": "audits.workflows.tasks.dispatch_approved_retrainings",
        "expire change requests": "audits.workflows.tasks.expire_change_requests",
        "remind people": "audits.workflows.tasks.remind_people",
        "send notices": "mrm.accounts.tasks.send_notices",
        "void outdated decisions": "audits.workflows.tasks.void_outdated_decisions",
        "recertify roles": "inventory.tasks.recertify_roles",
        "expire arrangements": "audits.workflows.tasks.expire_arrangements",
        "raise due findings": "audits.workflows.tasks.raise_due_findings",
        "follow the MLflow master": "registry.tasks.follow_master",
        "follow roll-backs with aliases": "registry.tasks.follow_roll_backs",
        "take back what nobody approved": "registry.tasks.take_back_aliases",
        "report emergency releases": "reports.tasks.report_emergencies",
        "issue requested reports": "reports.tasks.issue_requested_reports",
        "endorse the newest checkpoint": "audits.trail.tasks.endorse_checkpoints",
    }.items()
} | {
    # More often than once a minute, whatever SWEEP_SECONDS says: a checkpoint follows an entry within the minute.
    "sign a checkpoint": {
        "task": "audits.trail.tasks.sign_checkpoint",
        "schedule": float(min(SWEEP_SECONDS, CHECKPOINT_SECONDS)),
        "options": {"expires": CHECKPOINT_SECONDS},
    },
}

# --- Model artifacts in the confined process --------------------------------------------------------------------------
SCORING_MEMORY_MIB = env.integer("SCORING_MEMORY_MIB", 4096)
SCORING_CPU_SECONDS = env.integer("SCORING_CPU_SECONDS", 600)
SCORING_WALL_SECONDS = env.integer("SCORING_WALL_SECONDS", 900)

# --- What an installation begins with ---------------------------------------------------------------------------------
FIRST_POLICY = env.fitting("FIRST_POLICY", "standard", pattern="standard|small-firm", such_as="small-firm")

# --- Tables read where they live --------------------------------------------------------------------------------------
SOURCE_HOSTS = env.words("SOURCE_HOSTS")
SOURCE_FOLDER = env.text("SOURCE_FOLDER", str(VAR / "sources") if DEVELOPMENT else "")

# --- Keys and seals ---------------------------------------------------------------------------------------------------
KEYS_DIR = Path(env.text("KEYS_DIR", str(VAR / "keys")))
SEAL_KEY = env.file("SEAL_KEY")
SEAL_KEY_PASSPHRASE = env.text("SEAL_KEY_PASSPHRASE")
TSA_URL = env.address("TSA_URL", schemes=("http", "https"))
TIME_STAMP_MINUTES = env.integer("TIME_STAMP_MINUTES", 60)
WITNESSES = env.words("WITNESSES")
ORGANISATION = env.text("ORGANISATION", "Example Bank")

# --- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "display_name"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "mrm.accounts.authentication.passwords.PasswordAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"login": "mrm.accounts.forms.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"  # People are created by an administrator, never by themselves.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # Nobody makes us write to strangers.
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", 0, least=0)  # Else everybody shares the proxy's allowance.
MFA_ADAPTER = "mrm.accounts.adapter.FactorAdapter"
MFA_FORMS = {
    "add_webauthn": "mrm.accounts.forms.EnrolPasskeyForm",
    "authenticate": "mrm.accounts.forms.SecondFactorCodeForm",
    "reauthenticate": "mrm.accounts.forms.AgainByCodeForm",
    "login_webauthn": "mrm.accounts.forms.SignInByPasskeyForm",
    "authenticate_webauthn": "mrm.accounts.forms.SecondFactorForm",
    "reauthenticate_webauthn": "mrm.accounts.forms.AgainByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # What an enrolment proves is that its holder signed in; no address gives access.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
OIDC_ISSUER = env.address("OIDC_ISSUER", schemes=("https", "http"))
OIDC_CLIENT_ID = env.required("OIDC_CLIENT_ID", unless=not OIDC_ISSUER, default="", when="with OIDC_ISSUER")
OIDC_CLIENT_SECRET = env.required("OIDC_CLIENT_SECRET", unless=not OIDC_ISSUER, default="", when="with OIDC_ISSUER")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
SOCIALACCOUNT_PROVIDERS = env.sign_on(OIDC_ISSUER, client_id=OIDC_CLIENT_ID, secret=OIDC_CLIENT_SECRET, name=OIDC_NAME)
SOCIALACCOUNT_ADAPTER = "mrm.accounts.authentication.sign_on.SignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # A form would need the provider's address in the policy on content.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # An address is no proof of owning an account.
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_STORE_TOKENS = False

# --- Being watched ----------------------------------------------------------------------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- Mail -------------------------------------------------------------------------------------------------------------
EMAIL_URL = env.text("EMAIL_URL")
globals().update(env.mail(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.fitting(
    "EMAIL_FROM", "mrm@localhost", pattern=r"[^\r\n]*[^@\s]@[^@\s]+", such_as="mrm@bank.example"
)
REMINDER_HOUR = env.integer("REMINDER_HOUR", 6, least=0, most=23)

# --- Language, time, pages --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
NODE_MODULES = ROOT / "node_modules"
STATICFILES_DIRS = [
    ROOT / "static",
    ("tabler", NODE_MODULES / "@tabler/core/dist"),
    ("inter", NODE_MODULES / "@fontsource-variable/inter"),
    ("htmx", NODE_MODULES / "htmx.org/dist"),
    ("vega", NODE_MODULES / "vega/build"),
    ("vega-lite", NODE_MODULES / "vega-lite/build"),
    ("vega-embed", NODE_MODULES / "vega-embed/build"),
]
WHITENOISE_USE_FINDERS = True  # Straight from node_modules: nothing to collect, nothing to copy.
WHITENOISE_MAX_AGE = 3600

# --- REST -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "mrm.accounts.authentication.TokenAuthentication",
        "mrm.accounts.authentication.PageAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["mrm.parsers.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.fitting("API_RATE", "6000/min", pattern=r"[1-9]\d*/[smhd][a-z]*", such_as="6000/min")
    },
    "EXCEPTION_HANDLER": "mrm.http.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "iso-8601",
    "NON_FIELD_ERRORS_KEY": "detail",
}
# --- The MLflow registry ----------------------------------------------------------------------------------------------
MLFLOW_MASTER_URL = env.address("MLFLOW_MASTER_URL", schemes=("https", "http")).rstrip("/")
MLFLOW_MASTER_TOKEN = env.text("MLFLOW_MASTER_TOKEN")
MLFLOW_MASTER_WORKSPACE = env.text("MLFLOW_MASTER_WORKSPACE", "main")
MLFLOW_WEBHOOK_SECRET = env.text("MLFLOW_WEBHOOK_SECRET")
REGISTRY_CALLS_PER_MINUTE = env.integer("REGISTRY_CALLS_PER_MINUTE", 60_000)

SPECTACULAR_SETTINGS = {
    "TITLE": "mrm",
    "DESCRIPTION": "Model risk management: register, log, assess, decide, report, verify.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "mrm.openapi.add_path_examples",
        "inventory.api.paging.add_page_parameters",
        "mrm.openapi.forbid_other_fields",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Level": "inventory.policies.LEVELS",
        "AttestationState": "audits.workflows.serializers.attestations.ATTESTATION_STATES",
        "SurveyState": "inventory.serializers.surveys.SURVEY_STATES",
        "AttributeKind": "inventory.attributes.kinds.KINDS",
        "ColumnKind": "inventory.serializers.versions.COLUMN_KINDS",
        "ColumnRole": "inventory.serializers.versions.COLUMN_ROLES",
        "VersionStage": "inventory.serializers.versions.STAGES",
        "AssessmentKind": "audits.assessments.serializers.KINDS",
        "RunState": "audits.assessments.serializers.STATES",
        "EvidenceStanding": "reports.serializers.STANDINGS",
        "ReportState": "reports.serializers.STATES",
        "InstrumentSource": "reports.serializers.INSTRUMENT_SOURCES",
        "TierAssessmentState": "inventory.serializers.tiering.ASSESSMENT_STATES",
        "PolicyDraftState": "inventory.serializers.policies.DRAFT_STATES",
        "DocumentKind": "inventory.attributes.choices.DOCUMENT_KINDS",
        "BreachState": "audits.assessments.serializers.BREACH_STATES",
        "BreachStepKind": "audits.assessments.serializers.BREACH_STEPS",
        "ChangeClass": "audits.workflows.models.classifications.CHANGE_CLASSES",
        "ChangeKind": "audits.workflows.serializers.changes.KINDS",
        "ChangeState": "audits.workflows.serializers.changes.STATES",
        "ArrangementKind": "audits.workflows.serializers.arrangements.KINDS",
        "ArrangementState": "audits.workflows.serializers.arrangements.STATES",
        "FindingState": "audits.workflows.serializers.findings.STATES",
        "PlanStanding": "audits.workflows.serializers.findings.STANDINGS",
        "CitedKind": "audits.workflows.serializers.findings.EVIDENCE_KINDS",
        "RetirementState": "audits.workflows.serializers.retirement.STATES",
        "ValidationKind": "audits.workflows.serializers.validations.KINDS",
        "ValidationState": "audits.workflows.serializers.validations.STATES",
        "OpinionOutcome": "audits.workflows.serializers.validations.OUTCOMES",
        "ComponentOutcome": "audits.workflows.serializers.validations.ITEM_OUTCOMES",
        "ValidationEvidenceKind": "audits.workflows.serializers.validations.EVIDENCE_KINDS",
        "ValidatorRole": "audits.workflows.serializers.validations.ROLES",
        "ChallengeEntryKind": "audits.workflows.serializers.validations.ENTRY_KINDS",
        "RetrainingState": "audits.workflows.serializers.retraining.STATES",
        "RetrainingEvent": "audits.workflows.serializers.retraining.EVENTS",
    },
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "retraining": {"type": "http", "scheme": "bearer", "description": "The secret that came with the order."}
        }
    },
}

# --- Logs -------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "mrm.context.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},  # They tell every step they take.
    "root": {
        "handlers": ["console"],
        "level": env.fitting("LOG_LEVEL", "INFO", pattern="DEBUG|INFO|WARN(ING)?|ERROR|CRITICAL|FATAL", such_as="INFO"),
    },
}
