"""Run every case of what servers really do, and print it beside what 0.2.0 did. Exits with 1 if any is not right."""

import os
import sys

import pytest

os.environ["SERVERS_TABLE"] = "yes"
sys.exit(pytest.main(["tests/servers/test_cases.py", "--quiet", "--tb=no", "-p", "no:cacheprovider"]))
