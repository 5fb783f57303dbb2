import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from access.content_types import readable_content_types
from rotation.providers import configured_provider

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = readable_content_types(get_wsgi_application())

# Load every view and the provider's SDK now, and not while the first customer waits.
import_module(settings.ROOT_URLCONF)
configured_provider()
