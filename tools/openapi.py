"""Print the OpenAPI description of the JSON interface: `python -m tools.openapi > docs/openapi.json`."""

import sys

from config.openapi import written

if __name__ == "__main__":
    sys.stdout.write(written())
