from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rotation", "0002_imports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="credential",
            name="issued_on",
            field=models.DateField(
                blank=True,
                help_text="The age that decides is whole days from this date to today, in UTC. Empty only if it is not known.",
            ),
        ),
    ]
