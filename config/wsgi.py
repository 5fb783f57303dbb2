import os

from django.core.wsgi import get_wsgi_application

from access.content_types import readable_content_types

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = readable_content_types(get_wsgi_application())
