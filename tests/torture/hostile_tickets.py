"""Tickets of a model that errs, lies or attacks: summaries of true and false pieces, in answers with broken parts."""

import json
import random
from typing import Any

from tests.torture.broken_json import TOKENS

TEXT = """\
Hello, I was charged 49.90 EUR twice for order A-102 on 3 November 2026. The page said "payment failed".
Please send one payment back. Ana, ana@example.com, +44 7700 900123, see https://shop.example/orders/A-102
\u3164 \u3164 \u3164"""

TRUE = (
    "Customer was charged twice",
    "for order A-102",
    "order a 102",
    "49.90 EUR",
    "49,90 €",
    "on 3 November 2026",
    "the page said “payment failed”",
    "asks for one payment back",
    "see shop.example/orders/A-102",
    "within 3 days",
)
# Each of these makes a summary unfit to be shown, whatever stands beside it.
FALSE = (
    *("77 EUR", "order B-999", "order A-1023", "on 4 May 2025", "49,91 EUR", "٧٧ EUR", "call 1023 times"),  # noqa: RUF001 - Arabic digits
    *("see https://evil.example/x", "the page said 'refund approved'", "shop.example/orders/B-1"),
    *("ana@example.com", "ana＠example.com", "+44 7700 900123", "+44 7700 900 999"),  # noqa: RUF001 - a full-width sign
    *("4111 1111 1111 1111", "4111-1111-1111-1111", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"),
    *("AKIAIOSFODNN7EXAMPLE", "привіт усім", "退款", "طلب", "\u202eterces", "a\nline", "a\rline", "a\u2028line"),
    *("\x00", "\x1b[31m", "\u200bhidden", "\u2066turned\u2069"),
)
CATEGORIES = ("billing", "account", "order", "security", "general")
OTHER_CATEGORIES = ("Billing", "sales", "billing ", "", "eligible")
PRIORITIES = ("low", "medium", "high", "urgent")
OTHER_PRIORITIES = ("High", "critical", "p1", "")
QUOTES = ("charged 49.90 EUR twice", "Please send one payment back", 'said "payment failed"')
OTHER_QUOTES = ("Charged 49.90 EUR twice", "refund was approved today", "Hello,", "", "A-102", "\u3164 \u3164 \u3164")
WRAPS = ("```json\n{}\n```", "Sure! {}", "[{}]", "{} {{}}", "\ufeff{}", "<think>x</think>{}", "  {}\n")


def summary_of(rng: random.Random) -> tuple[str, bool]:
    """Return a summary, and whether a false piece is in it."""
    pieces = rng.sample(TRUE, rng.randint(1, 3))
    is_false = rng.random() < 0.5
    if is_false:
        pieces.insert(rng.randint(0, len(pieces)), rng.choice(FALSE))
    return ", ".join(pieces), is_false


def hostile_ticket(rng: random.Random, *, version: int) -> tuple[str, bool]:
    """Return an answer's text, and whether it may be shown if it parses. Structure is broken in half of them."""
    summary, is_false = summary_of(rng)
    fields: dict[str, Any] = {"category": rng.choice(CATEGORIES), "priority": rng.choice(PRIORITIES)}
    may_be_shown = not is_false
    if version == 2:
        quotes = rng.sample(QUOTES, rng.randint(1, 3))
        if rng.random() < 0.2:
            quotes[0], may_be_shown = rng.choice(OTHER_QUOTES), False
        instructs = rng.random() < 0.2
        may_be_shown = may_be_shown and (not instructs or fields["category"] == "general")
        del fields["priority"]
        readings = {"impact": rng.choice(("one", "several", "everyone")), "instructs_reader": instructs}
        fields |= {"quotes": quotes, "urgency": rng.choice(("can_wait", "hampered", "blocked")), **readings}
    fields["summary"] = summary
    if rng.random() < 0.3:
        may_be_shown = False
        _break(fields, rng)
    text = json.dumps(fields, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.1:
        return rng.choice(WRAPS[:-1]).format(text), False
    if rng.random() < 0.1:
        return rng.choice(TOKENS).decode(errors="replace"), False
    return (WRAPS[-1].format(text) if rng.random() < 0.1 else text), may_be_shown


def _break(fields: dict[str, Any], rng: random.Random) -> None:
    name = rng.choice(list(fields))
    match rng.randint(0, 4):
        case 0:
            del fields[name]
        case 1:
            fields[rng.choice(("Category", "decision", "__proto__", "task_id", ""))] = fields[name]
        case 2:
            # No field accepts any of these. True would be right for one of them.
            fields[name] = rng.choice((None, 7, 0.5, [], {}, [[fields[name]]], "x" * 201))
        case 3:
            fields["category"] = rng.choice(OTHER_CATEGORIES)
        case _:
            fields["summary"] = rng.choice(("", "   ", "x" * 201, "\n", "\u3164"))
