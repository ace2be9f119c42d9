"""The web application for gunicorn."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # Once, before gunicorn forks, instead of in each process at its first request.
gc.collect()
gc.freeze()  # What is loaded by now stays; looking through it again and again would only make somebody wait.
