"""The signed-in member of a page in members mode, and the accounts that they were given."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from access.admission import holds_a_place
from access.models import Account, Membership

# A page lists no more. Other accounts are typed.
MOST_ACCOUNTS = 1000


def member_of(request: HttpRequest) -> User | None:
    """Return None in open mode, without a sign-in, and for a request that was refused early, without user or place."""
    user = getattr(request, "user", None) if settings.ACCESS == "members" and holds_a_place() else None
    return user if user and user.is_authenticated else None


def accounts_of(user: User) -> list[tuple[str, str]]:
    """Return id and name of the user's accounts. The name is empty for an account without one."""
    named = Account.objects.filter(account_id=OuterRef("account_id")).values("name")
    accounts = Membership.objects.filter(user=user).order_by("account_id")
    names = Coalesce(Subquery(named), Value(""))
    return list(accounts.values_list("account_id", names)[:MOST_ACCOUNTS])
