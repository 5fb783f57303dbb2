from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traces", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="tracerecord", name="traces_status_latest"),
        migrations.RemoveIndex(model_name="tracerecord", name="traces_account_latest"),
        migrations.RemoveIndex(model_name="tracerecord", name="traces_fingerprint"),
        migrations.AddIndex(model_name="tracerecord", index=models.Index(fields=["started_at"], name="traces_latest")),
        migrations.AddIndex(
            model_name="tracerecord", index=models.Index(fields=["status", "started_at"], name="traces_status_latest")
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(
                condition=models.Q(("error_code__isnull", False)),
                fields=["error_code", "started_at", "source", "prompt_version"],
                name="traces_error_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(
                condition=models.Q(("decision__isnull", False)),
                fields=["decision", "started_at", "source"],
                name="traces_decision_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(fields=["workflow", "started_at"], name="traces_workflow_latest"),
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(fields=["prompt_version", "started_at", "source"], name="traces_prompt_latest"),
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(fields=["provider", "started_at"], name="traces_provider_latest"),
        ),
        migrations.AddIndex(
            model_name="tracerecord", index=models.Index(fields=["source", "started_at"], name="traces_source_latest")
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(fields=["account_id", "started_at"], name="traces_account_latest"),
        ),
        migrations.AddIndex(
            model_name="tracerecord",
            index=models.Index(fields=["input_fingerprint", "started_at"], name="traces_fingerprint_latest"),
        ),
    ]
