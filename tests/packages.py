"""The packages of the product, read from the tree, so that a new workflow's is among them."""

from config.environment import BASE_DIR
from config.workflows import WORKFLOWS

PACKAGES = {path.parent.name for path in BASE_DIR.glob("*/__init__.py")} - {"bench", "tests", "tools"}
WORKFLOW_PACKAGES = {path.partition(".")[0] for path in WORKFLOWS} & PACKAGES
