"""
The version of this code.

It is the default of RELEASE, the `info.version` of the OpenAPI description and the image's tag; tests hold
pyproject.toml, compose.yaml and CHANGELOG.md to it. No package is needed to ask for it:
`python -c "from config.version import VERSION; print(VERSION)"`.
"""

VERSION = "0.3.0"
