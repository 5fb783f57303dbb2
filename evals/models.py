"""The history of runs: their figures and each case's outcome. The only texts are the suite's own names."""

from django.db import models


class EvalRun(models.Model):
    """One finished and judged run of the eval command."""

    suite = models.CharField(max_length=80)
    suite_digest = models.CharField(max_length=12)
    split = models.CharField(max_length=8)
    prompt_version = models.CharField(max_length=48)
    policy_version = models.CharField(max_length=48)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200, blank=True)
    request_settings = models.CharField(
        max_length=12, db_default="", help_text="Names format, limit, effort and server."
    )
    release = models.CharField(max_length=64)
    gate_digest = models.CharField(max_length=12, help_text="Names the thresholds it was judged by.")
    gate_holds = models.BooleanField()
    whole_split = models.BooleanField(help_text="Every case of the split was chosen and measured.")
    figures = models.JSONField()
    outcomes = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        verbose_name = "eval run"
        ordering = ("-started_at",)
        indexes = [models.Index(fields=["-started_at"], name="evals_latest")]

    def __str__(self) -> str:
        return f"{self.suite}/{self.split} with {self.prompt_version} on {self.model or self.provider}"
