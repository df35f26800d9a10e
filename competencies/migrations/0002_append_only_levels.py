"""Attained levels never change; `closed_by_id` may be set once."""

from django.db import migrations

GUARD = """
CREATE FUNCTION keep_attained_level() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.closed_by_id IS NULL AND NEW.closed_by_id IS NOT NULL
       AND to_jsonb(NEW) - 'closed_by_id' = to_jsonb(OLD) - 'closed_by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'attained levels are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER attained_level_append_only BEFORE UPDATE OR DELETE ON competencies_attainedlevel
    FOR EACH ROW EXECUTE FUNCTION keep_attained_level();
"""
RELEASE = """
DROP TRIGGER attained_level_append_only ON competencies_attainedlevel;
DROP FUNCTION keep_attained_level();
"""


class Migration(migrations.Migration):
    dependencies = [("competencies", "0001_initial"), ("accounts", "0002_append_only_and_cache")]
    operations = [migrations.RunSQL(GUARD, RELEASE)]
