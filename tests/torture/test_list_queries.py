"""Every list of the admin answers every query: with rows, by leading back to the whole list, or by a refusal."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, cycle, islice, product
from urllib.parse import parse_qs, urlencode

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from access.lists import LONGEST_QUERY, BoundedAdmin, BoundedList
from tests.conftest import MakeCredential
from tests.operators.conftest import Keys
from tests.torture.conftest import Promise, sized

pytestmark = [
    pytest.mark.django_db,
    # A time without a zone is one in UTC. In production, Django logs a warning.
    pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime"),
]

ADMINS = {model_admin.opts.label_lower: model_admin for model_admin in site._registry.values()}
# No list has a filter that uses one of these.
NOT_OFFERED = (
    *("regex", "iregex", "contains", "icontains", "startswith", "in", "range", "gt", "lte"),
    *("year", "date__gte", "week_day", "search", "nothing"),
)
VALUES = (
    *("x", "1", "-1", "1,2", "true", "", " ", "null", "\0", "a\0b", "^(a+)+b$"),
    *("(", "[", "%", "_", "'", '"', "\\", "{}", "\u0663", "\U0001f511"),
    *("9" * 19, "9" * 400, "1e400", "nan", "2026-02-30", "2026-01-01", "0000-00-00"),
    *("0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "99999-01-01", "2026-01-01T25:61:61"),
)
CONTROLS = ("q", "o", "p", "e", "all", "_popup", "_to_field", "_facets", "_source_model", "_changelist_filters", "day")
ORDERS = ("0", "99", "-0", "--1", "1.1", ".", "-", "0.-1.2.x", "9" * 400, ".".join("123456" * 70))


@pytest.fixture
def client(keys: Keys) -> Client:
    """A signed-in superuser, who sees a row in each list. An exception becomes a 500, as in production."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


def address_of(model_admin: ModelAdmin) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")


def answers(client: Client, model_admin: ModelAdmin, queries: Iterable[str]) -> Counter[str]:
    """Count the answers: a status, or `back` for the redirect to the whole list."""
    address = address_of(model_admin)
    responses = (client.get(f"{address}?{query}") for query in queries)
    return Counter(
        "back" if response.get("Location") == f"{address}?e=1" else str(response.status_code) for response in responses
    )


def columns(model: type[Model]) -> Iterator[str]:
    """Yield every name that a lookup may begin with: columns, relations, and what is behind them."""
    yield from ("pk", "nothing", "password")
    for field in model._meta.get_fields():
        yield field.name
        if isinstance(field.related_model, type):
            yield from (f"{field.name}__{column.name}" for column in field.related_model._meta.fields)


def offered(client: Client, model_admin: ModelAdmin) -> list[str]:
    """Return the queries that the links of a list lead to."""
    page = client.get(address_of(model_admin)).text
    return sorted({html.unescape(query) for query in re.findall(r'href="\?([^"]*)"', page)})


def test_every_admin_has_a_bounded_list() -> None:
    request = RequestFactory().get("/")

    assert len(ADMINS) >= 10
    for label, model_admin in ADMINS.items():
        assert isinstance(model_admin, BoundedAdmin), label
        assert issubclass(model_admin.get_changelist(request), BoundedList), label


def test_no_query_breaks_a_list(client: Client, subtests: pytest.Subtests, promise: Promise) -> None:
    total: Counter[str] = Counter()
    for label, model_admin in ADMINS.items():
        with subtests.test(label):
            taken = {name for query in offered(client, model_admin) for name in parse_qs(query)}
            foreign = answers(client, model_admin, not_offered(model_admin))
            own = answers(client, model_admin, bent(sorted(taken), model_admin))
            total += foreign + own
            assert foreign.keys() <= {"400", "back"}, foreign
            assert own.keys() <= {"200", "400", "back"}, own
    counts = ", ".join(f"{answer} {number:,}" for answer, number in sorted(total.items()))
    promise(6, f"admin: {total.total():,} queries of {len(ADMINS)} lists ({counts}); 5xx: 0, lookups of no filter: 0")


def not_offered(model_admin: ModelAdmin) -> Iterator[str]:
    """Yield lookups that no filter takes. The short form has every 97th."""
    values = cycle(VALUES)
    for column, lookup in islice(product(columns(model_admin.model), NOT_OFFERED), None, None, sized(97, 1)):
        yield urlencode({f"{column}__{lookup}": next(values)})


def bent(taken: list[str], model_admin: ModelAdmin) -> Iterator[str]:
    """Yield queries of the list's own parameters. The short form has every 181st and repeats every fourth name."""
    fields = [field.name for field in model_admin.opts.get_fields()]
    pairs = chain(product((*taken, *CONTROLS), VALUES), product(["_to_field"], fields), product("o", ORDERS))
    for number, pair in enumerate(islice(pairs, None, None, sized(181, 1))):
        yield urlencode([pair]) + ("", "&e=1", "&_facets=1&_popup=1")[number % 3]
    yield from ("q=%ff", "%ff=%ff", "&&=&", "o=0&o=1", "q=" + "+".join("a" * 450))
    yield from ("&".join([f"{name}=1"] * (LONGEST_QUERY // (len(name) + 3))) for name in taken[:: sized(4, 1)])


def test_every_link_of_a_list_leads_to_rows(client: Client, subtests: pytest.Subtests) -> None:
    for label, model_admin in ADMINS.items():
        with subtests.test(label):
            links = offered(client, model_admin)[:: sized(4, 1)]

            assert answers(client, model_admin, links) == Counter(["200"] * len(links))


def test_long_query_leads_back(client: Client, subtests: pytest.Subtests) -> None:
    queries = [f"{name}={'9' * 100_000}" for name in ("q", "o", "p", "id__exact", "started_at__gte", "_to_field")]
    queries += ["&".join(["is_staff__exact=1"] * 900), "q=" + "+".join("a" * 50_000), f"{'a' * 100_000}=1"]
    for number, (label, model_admin) in enumerate(ADMINS.items()):
        asked = queries[number % sized(4, 1) :: sized(4, 1)]
        with subtests.test(label):
            assert answers(client, model_admin, asked) == {"back": len(asked)}


def test_action_on_what_is_no_id_breaks_nothing(client: Client) -> None:
    for (label, model_admin), chosen in product(ADMINS.items(), VALUES[:: sized(17, 1)]):
        for action in ("delete_selected", "revoke"):
            sent = {"action": action, "_selected_action": chosen, "index": "0"}
            assert client.post(address_of(model_admin), sent).status_code in {200, 302}, (label, action, chosen)


def test_nothing_is_completed(client: Client) -> None:
    query = {"app_label": "auth", "model_name": "user", "field_name": "membership", "term": "x"}

    assert client.get("/admin/autocomplete/", query).status_code == 404


def test_regular_expression_is_not_evaluated(client: Client, make_credential: MakeCredential) -> None:
    make_credential(item="a" * 80)
    queries = ["item__regex=^(a%2B)%2Bb$", "item__iregex=^(a%2B)%2Bb$", "item__regex=("]

    assert answers(client, ADMINS["rotation.credential"], queries) == {"400": 3}
