from django.db import migrations

from config.roles import grant_roles


class Migration(migrations.Migration):
    """Make the roles of config.roles; going back keeps them, for a group of that name may be older."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("evals", "0001_initial"),
        ("rotation", "0001_initial"),
        ("traces", "0003_review"),
    ]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
