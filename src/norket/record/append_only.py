"""What was written stays: the database itself refuses to change or delete lines of the ledger, audit and register."""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

# Each table with what names a row in it: its primary key first, then its unique keys.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "record_auditline": (("seq",),),
    "record_careevent": (("id",), ("patient_id", "n"), ("patient_id", "command_id", "part")),
    "record_clinicswitch": (("id",), ("clinic_id", "n")),
    "record_clinicevent": (("id",), ("clinic_id", "n"), ("clinic_id", "command_id")),
    "record_orderrecord": (("id",),),
    "record_policysignature": (("id",), ("clinic_id", "edition", "signed_by_id")),
    "record_quarantinedmessage": (("id",),),
    "record_referral": (("id",), ("clinic_id", "command_id")),
    "record_referralevent": (("id",), ("referral_id", "n"), ("referral_id", "command_id", "part")),
    "record_registerentry": (("id",), ("clinic_id", "product_id", "lot", "n")),
    "record_rescuesignature": (("id",), ("clinic_id", "template", "agent", "route", "version")),
    "record_samplechunk": (("id",), ("session_id", "first_n")),
    "record_sessionevent": (("id",), ("session_id", "n"), ("session_id", "command_id", "part")),
}
TABLES = tuple(KEYS)

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION norket_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append only: % cannot be changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def install(connection: BaseDatabaseWrapper, tables: Sequence[str] = TABLES) -> None:
    """Puts the guards on these tables; a migration names those that exist when it runs."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in tables:
            for statement in _guards(connection.vendor, table):
                cursor.execute(statement)
    install_against_replacing(connection, tables)


def install_against_replacing(connection: BaseDatabaseWrapper, tables: Sequence[str] = TABLES) -> None:
    """SQLite can put a new row in the place of an old one (`REPLACE INTO`) without calling it an update or a deletion;
    PostgreSQL cannot."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(_against_replacing(table, KEYS[table]))


def _against_replacing(table: str, keys: tuple[tuple[str, ...], ...]) -> str:
    same = (" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in same)  # noqa: S608 -- ours
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, 'append only: {table} holds this already'); END"
    )


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the guards off; for tests that tamper on purpose or empty the tables."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for name in _names(connection.vendor, table):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _names(vendor: str, table: str) -> tuple[str, ...]:
    kinds = ("row", "truncate") if vendor == "postgresql" else ("update", "delete", "replace")
    return tuple(f"{table}_no_{kind}" for kind in kinds)


def _guards(vendor: str, table: str) -> tuple[str, ...]:
    first, second = _names(vendor, table)[:2]
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
