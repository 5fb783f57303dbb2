"""
The release that a rollback returns to. Update it when the version is raised.

0.2.0 has no tag yet, so this file names its commit.
"""

VERSION = "0.2.0"
COMMIT = "037ffd5c1a4d5a9fb5bc406152deec486f6cba72"
# The last migration of each of our apps in that release.
MIGRATIONS = (
    ("access", "0001_initial"),
    ("config", "0001_roles"),
    ("evals", "0001_initial"),
    ("rotation", "0001_initial"),
    ("traces", "0004_limit_indexes"),
)
