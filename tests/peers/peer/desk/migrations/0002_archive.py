"""Room types and rate plans that are no longer sold: our step 0020, and what a measured rollout rolls out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column for each of the two."""

    dependencies = [("desk", "0001_initial")]
    operations = [
        migrations.AddField("RoomType", "archived", models.BooleanField(db_default=False)),
        migrations.AddField("RatePlan", "archived", models.BooleanField(db_default=False)),
    ]
