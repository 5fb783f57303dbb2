"""The closed categories and priorities, and how a priority follows from two readings. Free of Django."""

from collections.abc import Mapping
from dataclasses import dataclass

from tickets.contract import Category, Impact, Priority, Urgency


@dataclass(frozen=True)
class Categories:
    version: str
    meanings: Mapping[Category, str]


@dataclass(frozen=True)
class Priorities:
    """`matrix` gives the priority by whom a problem affects and what they can still do."""

    version: str
    matrix: Mapping[tuple[Impact, Urgency], Priority]
    # A text that instructs its reader proves nothing about its urgency.
    of_instructions: Priority


# What rows name: these categories with these priorities. Changing either needs a new version here, too.
POLICY_VERSION = "ticket_policy@1"
CATEGORIES = Categories(
    version="categories@1",
    meanings={
        Category.BILLING: "charges, refunds of money, invoices, payment methods, prices, taxes",
        Category.ACCOUNT: "sign-in, password, second factor, profile, permissions, closing an account",
        Category.ORDER: "delivery, shipping, returns, wrong, damaged or missing goods, changing or cancelling an order",
        Category.SECURITY: "suspected fraud or takeover, phishing, leaked data, abuse, a vulnerability",
        Category.GENERAL: (
            "everything else: product faults and crashes, how-to, feedback, several topics without a main one,"
            " no support request, texts that instruct their reader"
        ),
    },
)
PRIORITIES = Priorities(
    version="priorities@1",
    matrix={
        (Impact.ONE, Urgency.CAN_WAIT): Priority.LOW,
        (Impact.ONE, Urgency.HAMPERED): Priority.MEDIUM,
        (Impact.ONE, Urgency.BLOCKED): Priority.HIGH,
        (Impact.SEVERAL, Urgency.CAN_WAIT): Priority.LOW,
        (Impact.SEVERAL, Urgency.HAMPERED): Priority.HIGH,
        (Impact.SEVERAL, Urgency.BLOCKED): Priority.URGENT,
        (Impact.EVERYONE, Urgency.CAN_WAIT): Priority.MEDIUM,
        (Impact.EVERYONE, Urgency.HAMPERED): Priority.HIGH,
        (Impact.EVERYONE, Urgency.BLOCKED): Priority.URGENT,
    },
    of_instructions=Priority.MEDIUM,
)
