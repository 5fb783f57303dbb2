"""What a customer meets of a workflow: its form, what they send, what its provider answers, and the headings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from django.urls import reverse

from decisions.workflow import Workflow
from rotation.workflow import ROTATION
from tests.conftest import report
from tests.fakes import answer
from tests.tickets.conftest import ANSWER, TEXT
from tickets.workflow import TICKETS


@dataclass(frozen=True)
class Sample:
    """`sent` is accepted and `wrong` is not, by the fields' names. `answer` makes `sent` end as `completed`."""

    workflow: Workflow
    sent: Mapping[str, str]
    wrong: Mapping[str, str]
    answer: str
    form: str
    button: str
    running: str
    completed: str

    @property
    def path(self) -> str:
        return reverse(f"{self.workflow.name}:form")

    @property
    def results(self) -> str:
        """The pattern of the addresses of results."""
        return f"**/{self.workflow.name}/{self.workflow.id_prefix}_*"

    @property
    def text_field(self) -> str:
        return self.workflow.report.text_field

    @property
    def text(self) -> str:
        return self.sent[self.text_field]

    @property
    def prompt_version(self) -> str:
        return next(iter(self.workflow.prompts))

    @property
    def no_result(self) -> str:
        return f"There is no {self.workflow.words.result}"

    def result_path(self, trace_id: str) -> str:
        return reverse(f"{self.workflow.name}:result", kwargs={"trace_id": trace_id})


ROTATION_SAMPLE = Sample(
    workflow=ROTATION,
    sent=report(item=""),
    wrong={"account_id": "wrong", "credential_report": "short"},
    answer=answer(),
    form="Describe a stale service-account key",
    button="Check against P-7",
    running="Checking policy P-7…",
    completed="Eligible under P-7",
)
TICKETS_SAMPLE = Sample(
    workflow=TICKETS,
    sent={"text": TEXT},
    wrong={"text": "short"},
    answer=json.dumps(ANSWER),
    form="Turn a support request into a ticket",
    button="Extract the ticket",
    running="Reading your request…",
    completed="Billing, high priority",
)
SAMPLES = (ROTATION_SAMPLE, TICKETS_SAMPLE)
every_workflow = pytest.mark.parametrize("sample", SAMPLES, indirect=True, ids=lambda sample: sample.workflow.name)
