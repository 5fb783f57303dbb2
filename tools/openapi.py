"""Print the OpenAPI description of the JSON interface. `make openapi` gives it the settings that it needs."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from config.openapi import written

    sys.stdout.write(written())
