"""The version of this code. Tests compare it with pyproject.toml, compose.yaml and CHANGELOG.md."""

VERSION = "0.3.0"
