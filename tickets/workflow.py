"""Tickets as one value: category, priority and summary of a support request."""

from decisions.workflow import Workflow
from tickets.contract import TicketReport
from tickets.description import DESCRIPTION
from tickets.guards import GUARDS
from tickets.policy import POLICY_VERSION
from tickets.products import PRODUCTS
from tickets.prompt import PROMPTS
from tickets.rules import RulesProvider
from tickets.service import judge, respond
from tickets.settings import TicketsSettings
from tickets.suite import SUITE
from tickets.words import FEEDBACK, REASONS, SENTENCES, WORDS

TICKETS = Workflow(
    name="tickets",
    id_prefix="task",
    report=TicketReport,
    policy_version=POLICY_VERSION,
    prompts=PROMPTS,
    rules=RulesProvider(),
    judge=judge,
    words=WORDS,
    sentences=SENTENCES,
    respond=respond,
    description=DESCRIPTION,
    reasons=REASONS,
    feedback=FEEDBACK,
    permissions={"ticket reader": ("tickets.view_ticket",)},
    settings=TicketsSettings,
    suite=SUITE,
    guards=GUARDS,
    products=PRODUCTS,
)
