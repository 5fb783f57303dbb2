"""The formats that an import takes, each with its reader."""

from rotation.imports.aws import read_aws
from rotation.imports.azure import read_azure
from rotation.imports.gcp import read_assets, read_keys
from rotation.imports.kubernetes import read_kubernetes
from rotation.imports.plain_csv import read_csv
from rotation.imports.snapshot import Reader

FORMATS: dict[str, Reader] = {
    "aws": read_aws,
    "gcp-keys": read_keys,
    "gcp-assets": read_assets,
    "azure-apps": read_azure,
    "kubernetes": read_kubernetes,
    "csv": read_csv,
}
