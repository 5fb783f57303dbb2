"""The policy line that a rotation decision rests on. Free of Django."""

from dataclasses import dataclass

from rotation.contract import CredentialFacts, CredentialKind, CredentialState


@dataclass(frozen=True)
class PolicyLine:
    id: str
    version: str
    window_days: int
    covered_kinds: frozenset[CredentialKind]
    wording: str

    @property
    def text(self) -> str:
        return self.wording.format(window_days=self.window_days)

    def covers_observation(self, facts: CredentialFacts) -> bool:
        """
        Return whether the record was observed within its bound. An observation in the future is not.

        Without a bound, and under policy@1, which knew none, every observation is.
        """
        hours, bound = facts.record_age_hours, facts.fresh_hours
        return hours is None or bound is None or 0 <= hours <= bound

    def covers_age(self, age_days: int | None) -> bool:
        """Return whether the age is in the window, both ends included. A negative age (issued after today) is not."""
        return age_days is not None and 0 <= age_days <= self.window_days

    def covers_kind(self, kind: CredentialKind) -> bool:
        return kind in self.covered_kinds

    def covers_state(self, state: CredentialState) -> bool:
        return state is CredentialState.ACTIVE

    def covers(self, facts: CredentialFacts) -> bool:
        proven = self.covers_observation(facts) and self.covers_age(facts.age_days)
        return proven and self.covers_kind(facts.kind) and self.covers_state(facts.state)


P7 = PolicyLine(
    id="P-7",
    version="policy@2",
    window_days=30,
    covered_kinds=frozenset({CredentialKind.SERVICE_ACCOUNT_KEY}),
    wording="A stale service-account key may be rotated within {window_days} days of its issue.",
)
