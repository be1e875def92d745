"""What was written stays: the database itself refuses to change or delete lines of the ledger, audit and register."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = (
    "record_auditline",
    "record_orderrecord",
    "record_policysignature",
    "record_quarantinedmessage",
    "record_registerentry",
    "record_samplechunk",
    "record_sessionevent",
)

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION norket_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append only: % cannot be changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts the guards on every table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in TABLES:
            for statement in _guards(connection.vendor, table):
                cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the guards off; for tests that tamper on purpose or empty the tables."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for name in _names(connection.vendor, table):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _names(vendor: str, table: str) -> tuple[str, ...]:
    kinds = ("row", "truncate") if vendor == "postgresql" else ("update", "delete")
    return tuple(f"{table}_no_{kind}" for kind in kinds)


def _guards(vendor: str, table: str) -> tuple[str, ...]:
    first, second = _names(vendor, table)
    if vendor == "postgresql":
        call = "EXECUTE FUNCTION norket_append_only()"
        return (
            f"CREATE TRIGGER {first} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
            f"CREATE TRIGGER {second} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        )
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append only: {table} cannot be changed'); END"
    return (
        f"CREATE TRIGGER {first} BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {second} BEFORE DELETE ON {table} {refuse}",
    )
