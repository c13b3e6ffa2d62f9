"""Gives everybody who asks ids of their own: one that is taken must not tell that somebody else has sent it."""

from django.db import migrations, models

NAME = "one_ticket_per_external_id"


def index(name, columns, more=""):
    return migrations.RunSQL(
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON tickets_ticket ({columns}) {more} WHERE NOT (external_id = '')",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0005_who_ended_an_incident")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="external_scope",
            field=models.PositiveBigIntegerField(
                editable=False,
                help_text="Whose ids these are: the desk's, or those of one person who asks.",
                null=True,
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # What a try that was broken off has left.
                migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}_scoped", migrations.RunSQL.noop),
                index(f"{NAME}_scoped", "external_source, external_id, external_scope", "NULLS NOT DISTINCT"),
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                    f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON tickets_ticket (external_source, external_id)"
                    " WHERE NOT (external_id = '')",
                ),
                migrations.RunSQL(
                    f"ALTER INDEX {NAME}_scoped RENAME TO {NAME}", f"ALTER INDEX {NAME} RENAME TO {NAME}_scoped"
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="ticket", name=NAME),
                migrations.AddConstraint(
                    model_name="ticket",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("external_source", "external_id", "external_scope"),
                        name=NAME,
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
    ]
