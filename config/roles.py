"""
Who may do what in the admin. A role is a group's name; whoever has it needs the staff status, too.

A superuser makes users and gives them roles. No role may delete, and nobody a trace: those go by retention alone.
"""

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Role → permissions, as app.action_model.
ROLES = {
    "operator": (
        "traces.view_tracerecord",
        "traces.view_review",
        "traces.add_review",
        "rotation.view_credential",
    ),
    "records clerk": (
        "rotation.view_credential",
        "rotation.add_credential",
        "rotation.change_credential",
    ),
    "engineer": (
        "traces.view_tracerecord",
        "evals.view_evalrun",
    ),
}


def grant_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """
    Make the groups and give each its permissions; what is there stays.

    For migrations. Django makes permissions only after the last of them, so those missing are made here. One of a model
    that is not known at this point of history is left out: the migration that grants it runs this again.
    """
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role, names in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        group.permissions.add(*filter(None, (_permission(apps, name, using=using) for name in names)))


def _permission(apps: Apps, name: str, *, using: str) -> Any:  # noqa: ANN401 - a historical model has no type
    """Find or make the permission, named as Django itself would name it."""
    app_label, _, codename = name.partition(".")
    action, _, model_name = codename.partition("_")
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError:
        return None
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(using)
    content_type, _ = content_types.get_or_create(app_label=app_label, model=model_name)
    permission, _ = (
        apps.get_model("auth", "Permission")
        .objects.using(using)
        .get_or_create(
            content_type=content_type,
            codename=codename,
            defaults={"name": f"Can {action} {model._meta.verbose_name_raw}"},
        )
    )
    return permission
