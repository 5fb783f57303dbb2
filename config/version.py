"""
The version of this code: the one place that says it.

It is the default of RELEASE, the `info.version` of the OpenAPI description and the image's tag; tests hold
pyproject.toml and CHANGELOG.md to it. No package is needed to ask for it:
`python -c "from config.version import VERSION; print(VERSION)"`.
"""

VERSION = "0.2.0"
