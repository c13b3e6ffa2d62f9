"""Lets the count of tickets at risk pass over late ones without a look at their rows."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('tickets', '0003_room_for_updates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_at_risk',
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status_category__in', ('open', 'pending')), ('at_risk_at__isnull', False)), fields=['at_risk_at'], include=('due_order',), name='ticket_at_risk_due'),
        ),
    ]
