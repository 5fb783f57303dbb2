"""
The permissions in the admin. A role is the name of a group; its users need the staff status, too.

A superuser makes users and gives them roles, or a people administrator, who gives no right that they do not have
(access.people). No role may delete rows, but one who may change memberships may also take them away. No user may delete
a trace: retention does.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.apps.registry import Apps

from decisions.registry import workflows

# Role → permissions, as app.action_model. Workflows add their own.
ROLES = {
    "operator": ("traces.view_tracerecord", "traces.view_review"),
    "reviewer": (
        *("traces.view_tracerecord", "traces.view_review", "traces.add_review"),
        "traces.view_reviewrequest",
    ),
    "engineer": ("traces.view_tracerecord", "evals.view_evalrun"),
    "people administrator": (
        *("auth.view_user", "auth.add_user", "auth.change_user"),
        *("access.view_membership", "access.add_membership", "access.change_membership"),
    ),
}


def roles() -> dict[str, tuple[str, ...]]:
    granted = dict(ROLES)
    for workflow in workflows():
        for role, names in workflow.permissions.items():
            granted[role] = (*granted.get(role, ()), *names)
    return granted


def synchronise_roles(app_config: AppConfig, using: str, apps: Apps = apps, **_signal: Any) -> None:
    """
    Give each role its permissions on the models of one app, after every migrate. Nothing is ever taken away.

    Django makes an app's permissions on the same signal, and its receiver runs first: `django.contrib.auth` precedes
    this app in INSTALLED_APPS. What a partial migration does not have yet is granted by the next one.
    """
    try:
        group_model: Any = apps.get_model("auth", "Group")
        permission_model: Any = apps.get_model("auth", "Permission")
    except LookupError:
        # The tables of users are not there yet.
        return
    for role, names in roles().items():
        prefix = f"{app_config.label}."
        codenames = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        if codenames:
            group, _ = group_model.objects.using(using).get_or_create(name=role)
            found = permission_model.objects.using(using).filter(content_type__app_label=app_config.label)
            group.permissions.add(*found.filter(codename__in=codenames))
