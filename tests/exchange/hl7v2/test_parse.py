"""A message is taken whole or not at all, and nothing is guessed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.message import MAX_COMPONENTS, MAX_REPETITIONS
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.table import device_table

SAMPLES = Path(__file__).with_name("samples")
NOW = datetime(2026, 3, 1, 10, 15, 1, tzinfo=UTC)
STAMP = "20260301101500+0000"
SPO2 = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||"
SBP = "OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.2|124|266016^MDC_DIM_MMHG^MDC|||||R|||"
DBP = "OBX|3|NM|150022^MDC_PRESS_BLD_NONINV_DIA^MDC|1.3|78|266016^MDC_DIM_MMHG^MDC|||||R|||"
MSH = f"MSH|^~\\&|MON^00A1B2C3D4E5F607^EUI-64||||{STAMP}||ORU^R01^ORU_R01|M1|P|2.6"
PID = "PID|||10006^^^^MR"
OBR = f"OBR|1|A|A|182777000^monitoring of patient^SCT|||{STAMP}"


def message(*rows: str, msh: str = MSH, pid: str = PID, obr: str = OBR, end: str = "\r") -> bytes:
    return (end.join([msh, pid, obr, *rows]) + end).encode()


def read(*rows: str, now: datetime = NOW, **parts: str) -> Parsed | Rejected:
    return parse(message(*rows, **parts), now, device_table())


def taken(*rows: str, **parts: str) -> Parsed:
    found = read(*rows, **parts)
    assert isinstance(found, Parsed), found
    return found


def refused(*rows: str, **parts: str) -> Rejected:
    found = read(*rows, **parts)
    assert isinstance(found, Rejected), found
    return found


def values(found: Parsed) -> dict[str, float]:
    return {sample.channel: sample.value for sample in found.samples}


CHARTED = {
    "comen_nc": (
        "NC_Monitor/KC0000000001",
        {"spo2_percent": 97, "hr_per_min": 71, "rr_per_min": 16, "temp_c": 36.8, "sbp_mmhg": 124, "dbp_mmhg": 78},
    ),
    "ge_b1x5": ("080019FFFE000001", {"hr_per_min": 74, "etco2_mmhg": 38, "rr_per_min": 14, "spo2_percent": 98}),
    "pcd01_gateway_ucum": ("0123456789ABCDEF", {"sbp_mmhg": 120, "dbp_mmhg": 80, "hr_per_min": 63}),
    "mindray_vs": ("Mindray/VS8", {"sbp_mmhg": 118, "dbp_mmhg": 74, "hr_per_min": 72}),
    "loinc": (
        "SpotCheck/SC-9",
        {"sbp_mmhg": 121, "dbp_mmhg": 79, "hr_per_min": 66, "rr_per_min": 15, "spo2_percent": 99, "temp_c": 36.6},
    ),
}


@pytest.mark.parametrize("name", CHARTED)
def test_each_dialect_is_charted(name: str) -> None:
    raw = (SAMPLES / f"{name}.hl7").read_bytes()
    now = NOW - timedelta(hours=1) if b"+0100" in raw else NOW
    found = parse(raw, now, device_table())
    assert isinstance(found, Parsed), found
    assert (found.sending_device, values(found)) == CHARTED[name]
    assert found.patient_identity == "10006"
    assert all(sample.received_at == now and sample.at <= now for sample in found.samples)


def test_the_second_oximeter_is_named_and_not_charted() -> None:
    found = parse((SAMPLES / "comen_nc.hl7").read_bytes(), NOW - timedelta(hours=1), device_table())
    assert isinstance(found, Parsed)
    assert any("another sensor of spo2_percent, 96 %" in text for text in found.ignored)


# ---- code, label and unit -------------------------------------------------------------------------------------------

SPO2_AS_CO2 = "OBX|1|NM|150456^MDC_CO2_ET^MDC|1.1|35|266016^MDC_DIM_MMHG^MDC|||||R|||"


def test_carbon_dioxide_under_the_code_of_the_saturation_refuses_the_whole_message() -> None:
    found = refused(SBP, DBP, SPO2_AS_CO2)
    assert found.code == "label"
    answer = ack(found, NOW).decode()
    assert "\rMSA|AE|M1\r" in answer
    assert "which is not its name" in answer


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (SPO2.replace("262688^MDC_DIM_PERCENT", "266016^MDC_DIM_MMHG"), "unit"),
        (SPO2.replace("262688^MDC_DIM_PERCENT", "262688^MDC_DIM_MMHG"), "unit"),
        (SPO2.replace("262688^MDC_DIM_PERCENT^MDC", ""), "unit"),
        (SBP.replace("266016^MDC_DIM_MMHG", "265987^MDC_DIM_KILO_PASCAL"), "unit"),
        (SBP.replace("266016^MDC_DIM_MMHG^MDC", "kPa"), "unit"),
        (SBP.replace("266016^MDC_DIM_MMHG^MDC", "mm[Hg]^mm[Hg]^UCUM^265987^MDC_DIM_KILO_PASCAL^MDC"), "unit"),
        (SPO2.replace("MDC_PULS_OXIM_SAT_O2", "MDC_PULS_OXIM_PULS_RATE"), "label"),
        (SPO2.replace("^MDC_PULS_OXIM_SAT_O2^", "^^"), "label"),
        (SPO2.replace("150456^MDC_PULS_OXIM_SAT_O2^MDC", "150456^MDC_PULS_OXIM_SAT_O2^LN"), "label"),
        (SBP.replace("150021", "150017"), "label"),
        (SPO2.replace("150456^MDC_PULS_OXIM_SAT_O2", "150457^MDC_PULS_OXIM_PULS_RATE"), "label"),
        (SPO2.replace("^MDC|1.1", "^MDC^147842^MDC_ECG_HEART_RATE^MDC|1.1"), "label"),
        (SPO2.replace("150456^MDC_PULS_OXIM_SAT_O2^MDC", ""), "missing"),
    ],
)
def test_a_code_whose_label_or_unit_disagrees_refuses_the_whole_message(row: str, code: str) -> None:
    assert refused(SBP, DBP, row).code == code


@pytest.mark.parametrize(
    "unit",
    [
        "262688^MDC_DIM_PERCENT^MDC",
        "262688",
        "%",
        "%^%^UCUM",
        "%^%^UCUM^262688^MDC_DIM_PERCENT^MDC",
    ],
)
def test_every_form_of_the_unit_in_the_table_is_read(unit: str) -> None:
    assert values(taken(SPO2.replace("262688^MDC_DIM_PERCENT^MDC", unit))) == {"spo2_percent": 97}


def test_an_unknown_code_is_listed_and_does_not_refuse_the_message() -> None:
    found = taken(SPO2, "OBX|9|NM|148066^MDC_ECG_V_P_C_RATE^MDC|1.9|2|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||")
    assert values(found) == {"spo2_percent": 97}
    assert "148066" in found.ignored[0]


# ---- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "+97",
        "9_7",
        "1e2",
        "٩٧",
        "９７",
        "nan",
        "NaN",
        "inf",
        "97,5",
        ".5",
        "97.",
        " 97",
        "97 ",
        "0x61",
        "<90",
        ">99",
        "97%",
        "09700",
        "97.0000",
        "1e999",
        "97\\X20\\",
        "97&1",
        "97^1",
    ],
)
def test_only_plain_ascii_numbers_are_numbers(text: str) -> None:
    assert refused(SPO2.replace("|97|", f"|{text}|")).code == "number"


@pytest.mark.parametrize(
    ("row", "inside", "outside"),
    [
        (SPO2.replace("|97|", "|{}|"), ["1", "100"], ["0.9", "0", "100.1", "250"]),
        (SBP.replace("|124|", "|{}|"), ["30", "300"], ["29.9", "300.1", "0"]),
        (DBP.replace("|78|", "|{}|"), ["10", "250"], ["9.9", "250.1", "0"]),
    ],
)
def test_a_value_outside_what_is_plausible_refuses_the_message(row: str, inside: list[str], outside: list[str]) -> None:
    for text in inside:
        assert [sample.value for sample in taken(row.format(text)).samples] == [float(text)]
    for text in outside:
        assert refused(row.format(text)).code == "range"


@pytest.mark.parametrize("text", ["", '""', "-100"])
def test_an_empty_value_is_listed_and_not_charted(text: str) -> None:
    found = taken(SPO2.replace("|97|", f"|{text}|"), SBP, DBP)
    assert values(found) == {"sbp_mmhg": 124, "dbp_mmhg": 78}
    assert "no value" in found.ignored[0]


@pytest.mark.parametrize("status", ["R", "F", "P"])
def test_results_preliminary_or_final_are_charted(status: str) -> None:
    assert values(taken(SPO2.replace("|R|", f"|{status}|"))) == {"spo2_percent": 97}


@pytest.mark.parametrize("status", ["X", "D", "W", "N", "O", "I", "S", "U", "C"])
def test_a_value_with_another_known_status_is_listed_and_not_charted(status: str) -> None:
    found = taken(SPO2.replace("|R|", f"|{status}|"))
    assert found.samples == ()
    assert f"status {status}" in found.ignored[0]


@pytest.mark.parametrize("status", ["", "Z", "r", "RR", "F~R"])
def test_an_unknown_status_refuses_the_message(status: str) -> None:
    assert refused(SPO2.replace("|R|", f"|{status}|")).code in ("status", "structure")


@pytest.mark.parametrize("flag", ["INV", "NAV", "CALIB", "TEST", "DEMO", "<", "whatever"])
def test_a_value_that_the_monitor_calls_invalid_is_listed_and_not_charted(flag: str) -> None:
    found = taken(SPO2.replace("MDC|||||R", f"MDC||{flag}|||R"))
    assert found.samples == ()
    assert "by the monitor" in found.ignored[0]


def test_a_value_that_the_monitor_doubts_is_charted_as_an_artefact() -> None:
    assert [sample.artefact for sample in taken(SPO2.replace("MDC|||||R", "MDC||QUES|||R")).samples] == [True]
    assert [sample.artefact for sample in taken(SPO2).samples] == [False]


def test_a_text_where_a_number_must_be_refuses_the_message() -> None:
    assert refused(SPO2.replace("|NM|", "|ST|")).code == "number"


def test_two_values_of_one_sensor_at_one_time_contradict_each_other() -> None:
    assert refused(SPO2, SPO2.replace("|97|", "|91|")).code == "contradiction"
    assert values(taken(SPO2, SPO2)) == {"spo2_percent": 97}


def test_a_systolic_pressure_that_is_not_above_the_diastolic_refuses_the_message() -> None:
    assert refused(SBP, DBP.replace("|78|", "|124|")).code == "contradiction"
    assert values(taken(SBP, DBP.replace("|78|", "|123|"))) == {"sbp_mmhg": 124, "dbp_mmhg": 123}


def test_the_heart_rate_of_the_ecg_goes_before_the_pulse_of_the_oximeter() -> None:
    pulse = "OBX|4|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.4|70|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||"
    heart = "OBX|5|NM|147842^MDC_ECG_HEART_RATE^MDC|1.5|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||"
    assert values(taken(pulse, heart)) == values(taken(heart, pulse)) == {"hr_per_min": 72}
    assert values(taken(pulse)) == {"hr_per_min": 70}


def test_stored_values_of_several_times_are_all_charted() -> None:
    rows = [SPO2 + f"202603011014{second:02d}+0000" for second in (1, 2, 3)]
    assert [sample.at.second for sample in taken(*rows).samples] == [1, 2, 3]


# ---- times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("obx", "obr", "at"),
    [
        ("20260301101400+0000", "20260301101300+0000", "10:14:00"),
        ("20260301111400+0100", "20260301101300+0000", "10:14:00"),
        ("", "20260301101300+0000", "10:13:00"),
        ("", "", "10:15:00"),
        ("20260301101400", "", "10:14:00"),
        ("20260301101400.25+0000", "", "10:14:00"),
    ],
)
def test_the_measured_time_is_the_rows_own_else_its_groups_else_the_messages(obx: str, obr: str, at: str) -> None:
    found = taken(SPO2 + obx, obr=OBR.replace(STAMP, obr))
    assert f"{found.samples[0].at:%H:%M:%S}" == at
    assert found.samples[0].at.tzinfo == UTC


def test_a_time_without_offset_takes_that_of_the_message() -> None:
    msh = MSH.replace(STAMP, "20260301111500+0100")
    assert taken(SPO2 + "20260301111400", msh=msh).samples[0].at == datetime(2026, 3, 1, 10, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "20260301101500",
        "20260301",
        "20260230101500+0000",
        "20260301101500+9900",
        "now",
        "20260301251500+0000",
        "00000301101500+0000",
        "00010101000000+1400",
    ],
)
def test_a_message_time_that_is_no_instant_refuses_the_message(stamp: str) -> None:
    assert refused(SPO2, msh=MSH.replace(STAMP, stamp)).code == "time"


def test_a_clock_that_runs_ahead_is_refused_and_a_small_difference_is_noted() -> None:
    for seconds, warned in ((0, False), (30, False), (-31, True)):
        found = read(SPO2, now=NOW - timedelta(seconds=1 + seconds))
        assert isinstance(found, Parsed)
        assert (found.clock_warning != "", found.clock_ahead_s) == (warned, seconds)
    late = read(SPO2, now=NOW - timedelta(seconds=32))
    assert isinstance(late, Rejected)
    assert late.code == "clock"


def test_a_clock_that_is_surely_ahead_is_set_back_and_a_slow_one_is_not_trusted_to_be_slow() -> None:
    row = SPO2 + "20260301101458+0000"
    ahead = read(row, now=NOW - timedelta(seconds=11))
    slow = read(row, now=NOW + timedelta(seconds=19))
    assert isinstance(ahead, Parsed)
    assert isinstance(slow, Parsed)
    assert ahead.samples[0].at == NOW - timedelta(seconds=13)
    assert slow.samples[0].at == NOW - timedelta(seconds=3)


def test_a_value_from_the_future_or_from_long_ago_is_refused() -> None:
    """Sent at 10:15:00, received at 10:15:01; the oldest that is charted is 15 minutes old."""
    assert refused(SPO2 + "20260301101532+0000").code == "clock"
    old = refused(SPO2 + "20260301100000+0000")
    assert (old.code, "15 min ago" in old.why, "the device's clock" in old.why) == ("clock", True, True)
    assert values(taken(SPO2 + "20260301101531+0000")) == {"spo2_percent": 97}
    assert values(taken(SPO2 + "20260301100001+0000")) == {"spo2_percent": 97}


# ---- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pid", "identity"),
    [
        ("PID|||10006", "10006"),
        ("PID|||10006^^^H^MR~77^^^H^PI", "10006"),
        ("PID|||77^^^H^PI~10006^^^H^MR", "10006"),
        ("PID|||5^^^NAT^NI~77^^^H^PI", "77"),
        ("PID|||A\\T\\B^^^^MR", "A&B"),
        ("PID|||Zoë-1^^^^MR", "Zoë-1"),
    ],
)
def test_the_patient_is_the_record_number_first(pid: str, identity: str) -> None:
    assert taken(SPO2, pid=pid).patient_identity == identity


@pytest.mark.parametrize(
    "pid",
    [
        "PID|||",
        "PID",
        "PID|||^^^^MR",
        "PID|||5^^^NAT^NI",
        "PID|||1^^^^MR~2^^^^MR",
        "PID|||10006^^^^MR\rPID|||10007^^^^MR",
        "PV1||I",
        "PID|||A\\X41\\^^^^MR",
    ],
)
def test_no_patient_or_two_patients_refuse_the_message(pid: str) -> None:
    assert refused(SPO2, pid=pid).code == "patient"


def test_the_device_is_the_one_that_measured_and_not_the_gateway() -> None:
    row = SPO2 + "||||0123456789abcdef^EUI-64"
    assert taken(row).sending_device == "0123456789ABCDEF"
    participant = "PRT|1|UC||EQUIP^Equipment^HL70912||||||^^0123456789ABCDEF^EUI-64"
    assert taken(SPO2, participant).sending_device == "0123456789ABCDEF"
    assert taken(SPO2 + "||||some-address^VENDOR").sending_device == "00A1B2C3D4E5F607"


def test_two_devices_in_one_message_refuse_it() -> None:
    assert refused(SPO2 + "||||0123456789ABCDEF^EUI-64", SBP + "||||1123456789ABCDEF^EUI-64").code == "device"


def test_a_sender_without_a_name_is_refused() -> None:
    assert refused(SPO2, msh=MSH.replace("MON^00A1B2C3D4E5F607^EUI-64", "")).code == "device"


# ---- the form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r"])
def test_any_line_end_is_read(end: str) -> None:
    assert values(taken(SPO2, end=end)) == {"spo2_percent": 97}


def test_the_senders_own_separators_are_read_and_used_in_the_answer() -> None:
    swap = str.maketrans("|^~\\&", "#:*!%")
    rows = [MSH.replace("MSH|^~\\&", "MSH|^~\\&"), PID, OBR, SPO2.replace("262688^MDC_DIM_PERCENT^MDC", "262688")]
    found = parse("\r".join(rows).translate(swap).encode(), NOW, device_table())
    assert isinstance(found, Parsed), found
    assert ack(found, NOW).decode().startswith("MSH#:*!%#NORKET#")


@pytest.mark.parametrize(
    "first",
    [
        "",
        "MSH",
        "MSH|",
        "MSH|^~\\",
        "MSH|^^\\&",
        "MSH|^~",
        "MSH|||||",
        "MSHA^~\\&|",
        "MSH|a~\\&|",
        "MSH|^~\\&#+|",
        "PID|||1",
        "FHS|^~\\&",
        "MSH+^~\\&+",
        "MSH|^~\\.|",
    ],
)
def test_a_message_that_does_not_begin_as_one_is_refused(first: str) -> None:
    found = parse(first.encode(), NOW, device_table())
    assert isinstance(found, Rejected)
    assert found.message_id == ""
    assert b"\rMSA|AR|" in ack(found, NOW)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (8, "ORU^R40^ORU_R40", "type"),
        (8, "ADT^A01", "type"),
        (8, "", "type"),
        (8, "oru^r01", "type"),
        (10, "T", "processing"),
        (10, "D", "processing"),
        (10, "", "processing"),
        (11, "3.0", "version"),
        (11, "", "version"),
        (9, "", "missing"),
        (9, "x" * 200, "missing"),
        (9, "id\tid", "missing"),
    ],
)
def test_what_is_not_an_observation_in_production_is_refused(field: int, text: str, code: str) -> None:
    fields = MSH.split("|")
    fields[field] = text
    assert refused(SPO2, msh="|".join(fields)).code == code


@pytest.mark.parametrize(
    ("charset", "code"), [("UNICODE UTF-8", None), ("ASCII", None), ("8859/1", "charset"), ("ISO IR87", "charset")]
)
def test_only_ascii_and_utf_8_are_read(charset: str, code: str | None) -> None:
    found = read(SPO2, msh=MSH + f"||||||{charset}")
    assert (found.code if isinstance(found, Rejected) else None) == code


def test_bytes_that_are_not_utf_8_and_control_characters_are_refused() -> None:
    for raw in (
        message(SPO2).replace(b"10006", b"100\xe906"),
        message(SPO2).replace(b"10006", b"10\x0006"),
        message(SPO2).replace(b"10006", b"10\x1b06"),
        message(SPO2).replace(b"10006", b"10\xc2\x8506"),
    ):
        found = parse(raw, NOW, device_table())
        assert isinstance(found, Rejected)
        assert found.code == "characters"


@pytest.mark.parametrize(
    "raw",
    [
        b"A" * 65_537,
        message(*["NTE|1"] * 1_000),
        message("OBX" + "|" * 101),
        message(SPO2.replace("|97|", "|" + "9" * 65_536 + "|")),
        message(*["OBX|1"] * 100_000),
        message("PID|||" + "a~" * MAX_REPETITIONS),
        message("OBR|1||||||" + "^" * MAX_COMPONENTS),
        message(*["OBX|1|NM|1|1"] * 900, obr="OBR|1||||||" + STAMP + "^" * 40_000),
        message("NTE|1||" + "~".join(["a^b"] * MAX_COMPONENTS)),
        message(*["PRT" + "|" * 10 + "~" * 10] * 250),
        message(*["NTE|1||" + "^" * 50] * 500),
    ],
)
def test_what_is_too_large_is_refused(raw: bytes) -> None:
    found = parse(raw, NOW, device_table())
    assert isinstance(found, Rejected)
    assert found.code == "size"


@pytest.mark.parametrize("field", ["a~" * (MAX_REPETITIONS - 1), "^" * (MAX_COMPONENTS - 1)])
def test_a_field_with_as_many_parts_as_are_taken_is_read(field: str) -> None:
    assert isinstance(read(SPO2, "NTE|1||" + field), Parsed)


def test_rows_out_of_place_refuse_the_message() -> None:
    wrong = ([PID, SPO2, OBR], [OBR, SPO2, PID], [PID, OBR, SPO2, MSH], [PID], [PID, OBR, "obx|1"])
    for rows in ([MSH, *rest] for rest in wrong):
        found = parse("\r".join(rows).encode(), NOW, device_table())
        assert isinstance(found, Rejected)
        assert found.code == "structure"


def test_the_answer_to_a_message_that_was_taken_names_it() -> None:
    answer = ack(taken(SPO2), NOW).decode()
    assert "|ACK^R01^ACK|" in answer
    assert answer.endswith("\rMSA|AA|M1\r")


def test_an_answer_stays_a_message_whatever_the_sender_wrote() -> None:
    found = refused(SPO2.replace("|97|", "|9\\F\\7é|"))
    lines = ack(found, NOW).decode("ascii").rstrip("\r").split("\r")
    assert [line[:3] for line in lines] == ["MSH", "MSA", "ERR"]
    assert lines[2].split("|")[4] == "E"
