import django.core.validators
from django.db import migrations, models

import rotation.contract


class Migration(migrations.Migration):
    dependencies = [
        ("rotation", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CredentialImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=150)),
                ("format", models.CharField(max_length=20)),
                ("sources", models.JSONField(help_text="The scopes that the files describe.")),
                ("digests", models.JSONField(help_text="The SHA-256 of each file.")),
                ("observed_at", models.DateTimeField(help_text="The time of the latest observation in the files.")),
                ("added", models.PositiveIntegerField()),
                ("changed", models.PositiveIntegerField()),
                ("disabled", models.PositiveIntegerField(help_text="Records that the files no longer name.")),
                ("unchanged", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField(help_text="Lines that were left out.")),
            ],
            options={
                "verbose_name": "import of credentials",
                "verbose_name_plural": "imports of credentials",
                "ordering": ("-imported_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="CredentialOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(help_text="The format and its scope, such as aws:123456789012.", max_length=160),
                ),
                (
                    "owner",
                    models.CharField(
                        help_text="Who holds the credentials there, as the source names them.", max_length=160
                    ),
                ),
                (
                    "account_id",
                    models.CharField(
                        help_text="acct_ and five digits, such as acct_10234.",
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^acct_[0-9]{5}\\Z", "An account id is acct_ and five digits."
                            )
                        ],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            (rotation.contract.CredentialKind["SERVICE_ACCOUNT_KEY"], "service account key"),
                            (rotation.contract.CredentialKind["USER_PASSWORD"], "user password"),
                            (rotation.contract.CredentialKind["API_TOKEN"], "api token"),
                            (rotation.contract.CredentialKind["CERTIFICATE"], "certificate"),
                            (rotation.contract.CredentialKind["OTHER"], "other"),
                        ],
                        max_length=32,
                    ),
                ),
            ],
            options={
                "verbose_name": "owner of credentials",
                "verbose_name_plural": "owners of credentials",
                "ordering": ("source", "owner"),
            },
        ),
        migrations.AddField(
            model_name="credential",
            name="gone",
            field=models.BooleanField(
                db_default=False, default=False, help_text="The last full snapshot of its source no longer names it."
            ),
        ),
        migrations.AddField(
            model_name="credential",
            name="issued_on_known",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether the source tells the issue day. If not, the day means nothing.",
            ),
        ),
        migrations.AlterField(
            model_name="credential",
            name="source",
            field=models.CharField(help_text="Where this record comes from.", max_length=160),
        ),
        migrations.AddIndex(
            model_name="credential",
            index=models.Index(fields=["source", "observed_at"], name="rotation_by_source"),
        ),
        migrations.AddConstraint(
            model_name="credentialowner",
            constraint=models.UniqueConstraint(fields=("source", "owner"), name="rotation_one_link_an_owner"),
        ),
    ]
