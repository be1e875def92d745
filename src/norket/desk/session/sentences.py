"""The sentences of the live page, by the part of the page that speaks them; `{…}` is filled in by its scripts."""

from django.utils.translation import gettext as _

from norket.desk.session import dose_words, outward


def sentences() -> dict[str, str]:
    """All of them by name."""
    parts = (outward.sentences(), _drug(), _start(), _alerts(), _patient(), _forms(), _sending())
    return {name: text for part in (*parts, dose_words.sentences()) for name, text in part.items()}


def _drug() -> dict[str, str]:
    """The order, the pump and the curve."""
    return {
        "now": _("now"),
        "minute_mark": _("{min} min"),
        "level": _("{mid} ({low}–{high})"),
        "band": _("Band: 5 to 95 of 100 virtual patients of {model}"),
        "no_curve": _("No curve can be shown now."),
        "of_order": _("of {mg} mg · {ml} mL in"),
        "ends": _("ends {at} ·"),
        "no_order": _("No signed order"),
        "order_line": _("Order: {text} · {mg} mg · {mg_kg} mg/kg · {mg_kg_h} mg/kg/h · {mg_ml} mg/mL"),
        "order_full": _(
            "{text}: {mg} mg, {mg_kg} mg/kg, {mg_h} mg/h, {mg_kg_h} mg/kg/h; "
            "{ml} mL at {ml_h} mL/h for {min} min, {mg_ml} mg/mL"
        ),
        "mass": _("Drawn {drawn} mg = given {given} mg + wasted {wasted} mg; not accounted for {missing} mg"),
        "not_witnessed": _("! {mg} mg wasted and not witnessed: Waste, the witness signs."),
        "what_if": _("Predicted peak {peak} ng/mL ({low}–{high}) at {at}; as it runs now {now} ng/mL."),
    }


def _start() -> dict[str, str]:
    """What is still missing before the start."""
    return {
        "missing": _("{n} missing"),
        "benefit_risk": _("Weighed"),
        "benefit_risk_asked": _("Benefit and risk of a start at this pressure weighed?"),
        "start_holds": _("The start holds. This is missing:"),
        "yes": _("Yes"),
        "enter": _("Enter"),
        "other_answer": _("Another answer"),
        "play_sound": _("Play"),
        "heard": _("Heard it"),
        "no_sound": _("No sound: try again"),
        "sound_played": _("Played. Nothing heard? Turn the device up and play it again."),
        "ask_today": _("To ask today: {items}."),
        "ask": _("Ask"),
        "screening_open": _("Screening of today: {n} open. {first}"),
        "setting_open": _("Comfort and setting: not recorded yet; it holds nothing."),
        "setting": _("Comfort"),
        "cannula_line": _("Cannula {outcome}: {place}, {gauge} G"),
    }


def _alerts() -> dict[str, str]:
    """Alerts, their sound and the limits of this patient."""
    return {
        "sound_blocked": _("SOUND OFF: touch the page"),
        "own_limit": _("{sign} {side} {value} {unit} (clinic {clinic})"),
        "own_limit_until": _("until {at}"),
        "own_limit_open": _("with the session"),
        "paused_until": _("alert paused until {at}, {who}"),
        "acknowledge": _("Acknowledge"),
        "acknowledged": _("Acknowledged"),
        "acknowledge_other": _("Acknowledge next: {tier}"),
        "waiting": _("not acknowledged"),
        "cleared_at": _("cleared {at}"),
        "more_alerts": _("All {n}"),
        "why_alert": _("Why"),
    }


def _patient() -> dict[str, str]:
    """The patient as the monitor and the colleagues see them, and the way home."""
    return {
        "nothing_yet": _("nothing yet"),
        "nothing_due": _("nothing due"),
        "no_nurse": _("no nurse named"),
        "handover": _("{by} hands this patient over to {to}; it counts when {to} accepts."),
        "handover_unknown": _(
            "{by} named nobody of this clinic to hand this patient over to: not taken. Choose again."
        ),
        "handover_sum": _(
            "{phase}. Order: {order}; {mg} mg given. Last pressure {pressure}. Open alerts: {open}. Next: {next}."
        ),
        "no_monitor": _("none"),
        "never_measured": _("not measured"),
        "etco2": _("CO₂ {value} mmHg · {age}"),
        "ago": _("{age} ago"),
        "old": _("{age} OLD"),
        "hr": _("heart rate"),
        "rr": _("breathing"),
        "recovery_from": _("since {at}; at least {min} min"),
        "earliest": _("home at {at} at the earliest"),
        "score_at": _("recovery score at {at}"),
        "no_score": _("no recovery score yet"),
        "may_discharge": _("Every gate is met."),
        "may_not_discharge": _("Not every gate is met. Discharge will be refused and say why."),
    }


def _forms() -> dict[str, str]:
    """What a sheet reads back, and why it cannot be sent yet."""
    return {
        "type_a_rate": _("Type a rate."),
        "type_an_amount": _("Type an amount."),
        "as_ordered": _("as ordered"),
        "more": _("{percent} % more than ordered"),
        "less": _("{percent} % less than ordered"),
        "from_rate": _("From {ml_h} mL/h to "),
        "rate_back": _("{from}{ml_h} mL/h\n= {mg_h} mg/h = {mg_kg_h} mg/kg/h, {against}"),
        "bolus_waits": _("The next bolus may be given from {at} on: {min} min lie between two."),
        "bolus_back": _("{mg} mg\n= {mg_kg} mg/kg = {ml} mL of {mg_ml} mg/mL"),
        "prepare_back": _("{mg} mg in {ml} mL is {mg_ml} mg/mL; runs {min} min at the ordered rate"),
        "prepare_wrong": _("{mg} mg in {ml} mL is {mg_ml} mg/mL, but the label says {label} mg/mL"),
        "two_identifiers": _("Two identifiers are needed: tap the two that the patient tells you."),
        "not_a_number": _("Not a number. Write digits with an optional point, such as 12.5."),
        "form_incomplete": _("Something is still empty."),
        "time_to_come": _("That time is still to come. Look at the date."),
        "not_a_time": _("Not a time. Write hours and minutes, such as 07:30."),
        "draft": _("Not finished: {what}"),
        "wrong_password": _("That did not open it. Try again."),
    }


def _sending() -> dict[str, str]:
    """What is recorded, what waits, and what the page cannot do."""
    return {
        "recorded": _("Recorded"),
        "taken_back": _("{what} (taken back)"),
        "undone": _("undone at once by the person who recorded it"),
        "pending": _("Queued, not yet in the record: {what}. Trying again by itself; it is done only once."),
        "pending_more": _("{n} queued, not yet in the record: {what}. Trying again by itself; each is done only once."),
        "queued": _("{what} (queued, not yet in the record)"),
        "undecided": _("{n} not in the record: {what}. You decide."),
        "meanwhile": _("What changed meanwhile:"),
        "meanwhile_line": _("{at} {what}, {who}"),
        "do_it_now": _("Do it on the session as it is now"),
        "send_again": _("Send it again"),
        "broken_alerts": _("ALERTS ARE NOT SHOWN HERE. Stay with the patient; stop works. Reload. Failed: {what}."),
        "broken": _("A part of this page failed: {what}. Alerts and Stop work; look at the patient and reload."),
        "name_follows": _(" (name to follow)"),
        "entered_late": _(" (entered {age} late)"),
        "unnamed": _("{at} {what}: whose hand was it?"),
    }
