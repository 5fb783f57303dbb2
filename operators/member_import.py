"""Users with their roles and accounts from a CSV. A named user gets exactly what the line says."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError

from access.audit import Event, record_all
from access.import_files import Entry, ImportFile, RefusedLine, csv_rows, refused
from access.models import Membership
from access.people import set_roles
from operators.roles import roles
from traces.identifiers import ACCOUNT_ID

FIELDS = ("username", "email", "first_name", "last_name")
COLUMNS = (*FIELDS, "roles", "accounts")
SUPERUSER = "This user is a superuser: leave the line out, and change the user in the admin."
OTHER_LETTERS = "A user has this name in other letters: write it in the same ones."


@dataclass(frozen=True)
class Person:
    """A line. `user` is not stored."""

    entry: Entry
    user: User
    roles: frozenset[str]
    accounts: frozenset[str]


@dataclass(frozen=True)
class Change:
    """What makes a user as its line says. `columns` are None for a new user."""

    user: User
    columns: list[str] | None
    roles_given: set[Group]
    roles_taken: set[Group]
    accounts_given: list[str]
    accounts_taken: list[Membership]

    def __bool__(self) -> bool:
        rights = (self.roles_given, self.roles_taken, self.accounts_given, self.accounts_taken)
        return self.columns is None or any((self.columns, *rights))


@dataclass(frozen=True)
class Plan:
    refused: list[RefusedLine]
    added: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    deactivated: list[User] = field(default_factory=list)
    unchanged: int = 0

    @property
    def counts(self) -> dict[str, int]:
        rows = {name: len(getattr(self, name)) for name in ("added", "changed", "deactivated", "refused")}
        rights = ("roles_given", "roles_taken", "accounts_given", "accounts_taken")
        changes = (*self.added, *self.changed)
        return {
            **rows,
            "unchanged": self.unchanged,
            **{name: sum(len(getattr(each, name)) for each in changes) for name in rights},
        }


def make_plan(file: ImportFile, *, full: bool) -> Plan:
    """
    Compare the file with the users. Lock these: this runs in the transaction that applies the plan.

    :raises FileRefused: the file is no CSV with these columns, or it names nobody
    """
    people, refusals = _read(file)
    plan = Plan(refusals)
    stored = {user.username: user for user in User.objects.select_for_update().order_by("pk")}
    by_letters = {name.casefold() for name in stored}
    groups = {group.pk: group for group in Group.objects.filter(name__in=roles())}
    held_roles, held_accounts = _held_roles(groups), _held_accounts()
    for key, person in people.items():
        user = stored.pop(person.user.username, person.user)
        is_new = user is person.user
        if user.is_superuser or (is_new and key in by_letters):
            sentence = SUPERUSER if user.is_superuser else OTHER_LETTERS
            plan.refused.append(RefusedLine(person.entry.file, person.entry.line, sentence))
            continue
        wanted = {group for group in groups.values() if group.name in person.roles}
        roles_now, accounts_now = held_roles[user.pk], held_accounts[user.pk]
        change = Change(
            user,
            None if is_new else _adopt(user, person.user),
            wanted - roles_now,
            roles_now - wanted,
            sorted(person.accounts - accounts_now.keys()),
            [row for account, row in accounts_now.items() if account not in person.accounts],
        )
        (plan.added if is_new else plan.changed).extend([change] if change else [])
    plan.refused.sort(key=lambda each: each.line)
    gone = [user for user in stored.values() if full and user.is_active and not user.is_superuser]
    unchanged = len(people) + len(refusals) - len(plan.refused) - len(plan.added) - len(plan.changed)
    return Plan(plan.refused, plan.added, plan.changed, gone, unchanged)


def apply_plan(plan: Plan) -> None:
    for change in (*plan.added, *plan.changed):
        if change.columns is None:
            change.user.set_unusable_password()
            change.user.save()
        elif change.columns:
            change.user.save(update_fields=change.columns)
        set_roles(change.user, given=change.roles_given, taken=change.roles_taken)
        for row in change.accounts_taken:
            row.delete()
    given = [(each.user.pk, account) for each in (*plan.added, *plan.changed) for account in each.accounts_given]
    Membership.objects.bulk_create((Membership(user_id=key, account_id=account) for key, account in given), 1000)
    record_all(Event.RIGHT_GIVEN, ({"user_id": key, "right": account} for key, account in given))
    for user in plan.deactivated:
        user.is_active = False
        user.save(update_fields=["is_active"])


def _read(file: ImportFile) -> tuple[dict[str, Person], list[RefusedLine]]:
    """Return the lines by their users' names without regard to case, and the refused ones."""
    people: dict[str, Person] = {}
    refusals: list[RefusedLine] = []

    def refuse(entry: Entry, sentence: str) -> None:
        refusals.append(RefusedLine(entry.file, entry.line, sentence))

    for entry in csv_rows(file, COLUMNS, refuse):
        person = _person(entry)
        key = person.user.username.casefold()
        if key in people:
            refuse(entry, "An earlier line names this user: remove one of them.")
        elif sentence := _objection(person):
            refuse(entry, sentence)
        else:
            people[key] = person
    if not people and not refusals:
        raise refused(file, "This file names no user.")
    return people, refusals


def _person(entry: Entry) -> Person:
    cells: Mapping[str, str] = entry.value
    user = User(**{name: cells[name].strip() for name in FIELDS})
    user.clean()
    named = filter(None, map(str.strip, cells["roles"].split(";")))
    return Person(entry, user, frozenset(named), frozenset(re.findall(r"[^\s;]+", cells["accounts"])))


def _objection(person: Person) -> str | None:
    if not f"{person.user.first_name}{person.user.last_name}".isprintable():
        return "A name has a character that cannot be shown: remove it."
    if not person.roles <= roles().keys():
        return f"A role is none of these: {', '.join(sorted(roles()))}. Semicolons separate several."
    if not all(re.fullmatch(ACCOUNT_ID, account) for account in person.accounts):
        return "An account id is acct_ and five digits. Semicolons or blanks separate several."
    try:
        person.user.clean_fields(exclude=["password"])
    except ValidationError as fault:
        return f"Not valid: {', '.join(sorted(fault.message_dict))}."
    return None


def _adopt(user: User, named: User) -> list[str]:
    """Make the user as it is named, and active. Return the columns that changed."""
    changed = {name: getattr(named, name) for name in (*FIELDS, "is_active")}
    changed = {name: value for name, value in changed.items() if getattr(user, name) != value}
    vars(user).update(changed)
    return [*changed]


def _held_roles(groups: dict[int, Group]) -> dict[Any, set[Group]]:
    held: dict[Any, set[Group]] = defaultdict(set)
    for user, group in User.groups.through.objects.filter(group__in=groups).values_list("user_id", "group_id"):
        held[user].add(groups[group])
    return held


def _held_accounts() -> dict[Any, dict[str, Membership]]:
    held: dict[Any, dict[str, Membership]] = defaultdict(dict)
    for row in Membership.objects.order_by("pk"):
        held[row.user_id][row.account_id] = row
    return held
