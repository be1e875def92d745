"""The Django app of the record."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "norket.record"
    label = "record"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The tables that these read are known only now.
        from norket.record.care.consent import AtTheStart  # noqa: PLC0415
        from norket.record.care.day_of import day_of  # noqa: PLC0415
        from norket.record.care.interactions import interactions_of  # noqa: PLC0415
        from norket.record.care.rescue_checks import in_chart  # noqa: PLC0415
        from norket.record.exposure import exposure  # noqa: PLC0415
        from norket.record.session.agreed import answered_by  # noqa: PLC0415
        from norket.record.session.beside import counted_by  # noqa: PLC0415
        from norket.record.session.day import judged_by  # noqa: PLC0415
        from norket.record.session.interacting import charted_by  # noqa: PLC0415
        from norket.record.session.rescue import read_by  # noqa: PLC0415

        answered_by(AtTheStart())
        counted_by(exposure)
        judged_by(day_of)
        read_by(in_chart)
        charted_by(interactions_of)
