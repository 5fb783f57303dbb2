"""Who may give which rights to whom. Nobody but a superuser gives more than they have."""

from typing import cast

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest


def giver_in(request: HttpRequest) -> User:
    """Return who is signed in. The admin has asked for that."""
    return cast("User", request.user)


def rights_of(user: User) -> QuerySet[Permission]:
    """Return the rights by role and by themselves. Django's own method finds none for a deactivated user."""
    return Permission.objects.filter(Q(group__user=user) | Q(user=user))


def roles_to_give(giver: User) -> QuerySet[Group]:
    """Return the roles whose every right the giver has."""
    if giver.is_superuser:
        return Group.objects.all()
    others = Permission.objects.exclude(pk__in=rights_of(giver).values("pk"))
    return Group.objects.exclude(pk__in=Group.objects.filter(permissions__in=others).values("pk"))


def may_manage(giver: User, user: User) -> bool:
    """Return whether the giver may change this user: nobody with a right that the giver lacks, and not themselves."""
    if giver.is_superuser:
        return True
    beyond = rights_of(user).exclude(pk__in=rights_of(giver).values("pk"))
    return not user.is_superuser and user.pk != giver.pk and not beyond.exists()


def set_roles(user: User, *, given: set[Group], taken: set[Group]) -> None:
    """Give and take roles. They are for the admin, so their holder is staff, until the last one is taken."""
    if given or taken:
        user.groups.add(*given)
        user.groups.remove(*taken)
        adjust_staff(user)


def adjust_staff(user: User) -> None:
    user.is_staff = user.groups.exists()
    user.save(update_fields=["is_staff"])
