"""
The release that a rollback goes back to. Moved at each release, when the version is raised.

0.1.0 bears no tag: it is what stood before the operator's side was begun.
"""

VERSION = "0.1.0"
COMMIT = "01024efcaf9d88a9b7636fac63055934d308b91e"
# The last migration of each of our apps that it has.
MIGRATIONS = (
    ("evals", "0001_initial"),
    ("rotation", "0001_initial"),
    ("traces", "0001_initial"),
)
