import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.programs import copy_of


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a new machine, after `sh deploy/secrets.sh`."""
    folder = copy_of("deploy", "compose.yaml", "compose.local-model.yaml", folder=tmp_path_factory.mktemp("site"))
    subprocess.run(["sh", "deploy/secrets.sh"], cwd=folder, env={"PATH": os.environ["PATH"]}, check=True)
    return folder
