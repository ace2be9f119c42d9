"""The Celery application: `celery -A mrm worker`, `celery -A mrm beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
app = Celery("mrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
