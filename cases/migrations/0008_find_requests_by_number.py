from django.db import migrations

# Whoever exports or erases a person's data asks which of the carriers' requests name their number,
# in whatever words a carrier has. Each run of digits stands in this index by its last eight: so the
# country and trunk prefixes of a number do not matter, nor what its coding puts before it. Not of a
# request that waits to be handled: those are few, and storing one is to cost nothing.
UP = """
CREATE FUNCTION routing_digits_of(body bytea, url text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT right(found[1], 8)), '{}')
    FROM regexp_matches(encode(body, 'escape') || ' ' || url, '[0-9]{4,}', 'g') AS found
$$;
CREATE INDEX request_digits ON routing_carrierrequest
    USING gin (routing_digits_of(body, url)) WHERE state <> 'STORED';
"""
DOWN = "DROP INDEX request_digits; DROP FUNCTION routing_digits_of;"


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_retention_periods"),
        ("routing", "0016_tally_horizon"),
    ]

    operations = [migrations.RunSQL(UP, DOWN)]
