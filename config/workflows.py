"""The workflows of this service. Adding one takes its package and one line here."""

WORKFLOWS: tuple[str, ...] = ("rotation.workflow.ROTATION",)


def packages() -> tuple[str, ...]:
    return tuple(path.rpartition(".workflow.")[0] for path in WORKFLOWS)
