"""So that the register is searched by what other systems call a model, as quickly as by its own words."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0048_count_the_faults_of_earlier_surveys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="alias",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector(
                    models.Func(
                        django.db.models.functions.text.Concat(
                            "name", models.Value(" "), "system", models.Value(" "), output_field=models.TextField()
                        ),
                        models.Value("(\\W|_)+"),
                        models.Value(" "),
                        models.Value("g"),
                        function="regexp_replace",
                        output_field=models.TextField(),
                    ),
                    config="simple",
                ),
                condition=models.Q(("ended_at__isnull", True)),
                name="words_of_aliases",
            ),
        ),
    ]
