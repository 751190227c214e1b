"""Make the audit log append-only in the database itself."""

from django.db import migrations

from wherry.web.access import immutability


def install(apps, schema_editor):
    for statement in immutability.create(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    for statement in immutability.drop(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("wherry_access", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
