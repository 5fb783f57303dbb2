import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from access.content_types import readable_content_types
from decisions.providers import configured_provider
from decisions.registry import workflows

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = readable_content_types(get_wsgi_application())

# Load every view and the provider's SDK now, so that the first customer does not wait for them.
import_module(settings.ROOT_URLCONF)
for workflow in workflows():
    configured_provider(workflow)
