from django.db import migrations


class Migration(migrations.Migration):
    """Does nothing: 0.2.0 made the roles here, and now they are synchronised after every migrate (operators.roles)."""

    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = []
