"""Rotation as one value: does policy line P-7 support rotating this credential?"""

from decisions.workflow import OldColumns, Records, Workflow
from rotation.contract import CredentialFacts, RotationReport
from rotation.description import DESCRIPTION
from rotation.faults import find_faults
from rotation.follow_up import FOLLOW_UP
from rotation.guards import GUARDS
from rotation.old_columns import read_old_columns, write_old_columns
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.records import oldest_source
from rotation.rules import RulesProvider
from rotation.service import find_facts, judge, recheck, respond
from rotation.settings import RotationSettings
from rotation.suite import SUITE
from rotation.words import REASONS, REVIEW, SENTENCES, WORDS, describe_facts

ROTATION = Workflow(
    name="rotation",
    id_prefix="trace",
    report=RotationReport,
    facts=CredentialFacts,
    find_facts=find_facts,
    policy_version=P7.version,
    prompts=PROMPTS,
    rules=RulesProvider(),
    judge=judge,
    recheck=recheck,
    words=WORDS,
    sentences=SENTENCES,
    respond=respond,
    description=DESCRIPTION,
    reasons=REASONS,
    describe_facts=describe_facts,
    review=REVIEW,
    follow_up=FOLLOW_UP,
    permissions={
        "operator": ("rotation.view_credential",),
        "records clerk": (
            *("rotation.view_credential", "rotation.add_credential", "rotation.change_credential"),
            *("rotation.view_credentialowner", "rotation.add_credentialowner", "rotation.change_credentialowner"),
            "rotation.view_credentialimport",
            *("access.view_account", "access.add_account", "access.change_account"),
        ),
    },
    settings=RotationSettings,
    suite=SUITE,
    guards=GUARDS,
    records=Records("RECORD_FRESH_HOURS", oldest_source, find_faults),
    old_columns=OldColumns(write_old_columns, read_old_columns),
)
