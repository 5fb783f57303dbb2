"""The workflows of this service. Adding one takes its package and one line here."""

WORKFLOWS: tuple[str, ...] = ("rotation.workflow.ROTATION", "tickets.workflow.TICKETS")


def packages() -> tuple[str, ...]:
    return tuple(path.rpartition(".workflow.")[0] for path in WORKFLOWS)
