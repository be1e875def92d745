"""Only hospitals on record are let in, each by a fresh token of its own key for this very address."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from support.hospital import Ehr

from norket.exchange.cds.hospitals import DeniedError, Hospital, Seen, SettingsFileError, admit, read

HERE = "https://clinic.example/cds-services/norket-patient-view"
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


def entered(ehr: Ehr, token: str, *, seen: Seen | None = None, late: float = 0.0, prefix: str = "Bearer ") -> Hospital:
    known = read(json.dumps(ehr.settings()).encode(), "production")
    now = datetime.now(UTC) + timedelta(seconds=late)
    return admit(prefix + token, hospitals=known, addresses={HERE}, now=now, seen=seen or Seen(BEGAN))


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
@pytest.mark.parametrize("audience", [HERE, [HERE], ["https://other.example", HERE]])
def test_a_signed_token_for_this_address_opens_the_door(ehr: Ehr, algorithm: str, audience: Any) -> None:
    assert entered(ehr, ehr.token(HERE, algorithm=algorithm, aud=audience)).name == "St. Example"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://clinic.example/cds-services"}, "Audience"),
        ({"aud": HERE + "/"}, "Audience"),
        ({"aud": None}, "aud"),
        ({"iss": "https://stranger.example/"}, "not on record"),
        ({"iss": None}, "not on record"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "not accepted"),
        ({"jti": "x" * 201}, "jti"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"exp": "soon"}, "exp must be a number"),
        ({"iat": True}, "iat must be a number"),
        ({"exp": 1e400}, "exp must be finite"),
        ({"nbf": 4e9}, "from the future"),
        ({"iat": 4e9, "exp": 4e9 + 60}, "from the future"),
        ({"exp": 4e9}, "lives longer"),
        ({"iat": 1577836799, "exp": 1577836800}, "expired"),
    ],
)
def test_a_token_that_says_something_else_is_refused(ehr: Ehr, claims: dict[str, Any], why: str) -> None:
    with pytest.raises(DeniedError, match=why):
        entered(ehr, ehr.token(HERE, **claims))


def test_a_token_counts_once(ehr: Ehr) -> None:
    seen, token = Seen(BEGAN), ehr.token(HERE)
    entered(ehr, token, seen=seen)
    with pytest.raises(DeniedError, match="used before"):
        entered(ehr, token, seen=seen)
    entered(ehr, ehr.token(HERE), seen=seen)


def test_a_name_counts_once_until_its_token_expires_whatever_else_changes(ehr: Ehr) -> None:
    seen = Seen(BEGAN)
    entered(ehr, ehr.token(HERE, jti="one"), seen=seen)
    with pytest.raises(DeniedError, match="used before"):
        entered(ehr, ehr.token(HERE, jti="one", algorithm="RS384"), seen=seen)


def test_a_token_from_before_this_process_is_refused_because_nobody_remembers_it(ehr: Ehr) -> None:
    with pytest.raises(DeniedError, match="before this service began"):
        entered(ehr, ehr.token(HERE), seen=Seen(datetime.now(UTC) + timedelta(seconds=60)))


@pytest.mark.parametrize(("late", "open_"), [(299.0, True), (301.0, False)])
def test_a_token_counts_until_it_expires(ehr: Ehr, late: float, open_: bool) -> None:
    token = ehr.token(HERE)
    if open_:
        entered(ehr, token, late=late)
    else:
        with pytest.raises(DeniedError, match="expired"):
            entered(ehr, token, late=late)


def test_another_key_of_the_same_name_is_refused(ehr: Ehr) -> None:
    with pytest.raises(DeniedError, match="not accepted"):
        entered(ehr, Ehr().token(HERE))


def test_a_key_of_another_name_is_refused(ehr: Ehr) -> None:
    with pytest.raises(DeniedError, match="not on record"):
        entered(ehr, ehr.token(HERE, header={"kid": "another"}))


def test_a_key_is_never_used_for_another_algorithm(ehr: Ehr) -> None:
    with pytest.raises(DeniedError, match="not on record"):
        entered(ehr, ehr.token(HERE, algorithm="RS384", header={"kid": "ES384"}))


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join((*parts, ""))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, [], {}])
def test_a_token_without_a_signature_is_refused(ehr: Ehr, algorithm: Any) -> None:
    with pytest.raises(DeniedError):
        entered(ehr, unsigned({"alg": algorithm, "typ": "JWT", "kid": "ES384"}, ehr.claims(HERE)))


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(ehr: Ehr) -> None:
    secret = json.dumps(ehr.jwk("RS384")).encode()
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384")):
        head = unsigned({"alg": algorithm, "typ": "JWT", "kid": "RS384"}, ehr.claims(HERE)).rstrip(".")
        mac = hmac.new(secret, head.encode(), digest).digest()
        token = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(DeniedError, match="must be signed with"):
            entered(ehr, token)


def test_a_token_of_a_weaker_algorithm_is_refused(ehr: Ehr) -> None:
    token = jwt.encode(ehr.claims(HERE), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "ES384"})
    with pytest.raises(DeniedError, match="must be signed with ES384 or RS384"):
        entered(ehr, token)


def test_a_key_that_the_token_itself_brings_is_never_used(ehr: Ehr) -> None:
    other = Ehr()
    brought = {"jwk": other.jwk(), "jku": "https://stranger.example/jwks.json"}
    with pytest.raises(DeniedError, match="not accepted"):
        entered(ehr, other.token(HERE, header=brought))


def test_a_demand_that_is_not_understood_is_refused(ehr: Ehr) -> None:
    with pytest.raises(DeniedError):
        entered(ehr, ehr.token(HERE, header={"crit": ["x"], "x": 1}))


@pytest.mark.parametrize("prefix", ["", "Basic ", "bearer"])
def test_only_a_bearer_token_is_read(ehr: Ehr, prefix: str) -> None:
    with pytest.raises(DeniedError, match="Send a signed token"):
        entered(ehr, ehr.token(HERE), prefix=prefix)


def test_a_token_of_any_length_is_not_read(ehr: Ehr) -> None:
    with pytest.raises(DeniedError, match="longer than"):
        entered(ehr, "x" * 8193)


@given(
    st.text(max_size=60)
    | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True)
)
def test_whatever_is_sent_as_a_token_is_refused_by_name(ehr: Ehr, token: str) -> None:
    with pytest.raises(DeniedError):
        entered(ehr, token)


CLAIMS = st.sampled_from(["iss", "aud", "exp", "iat", "jti", "nbf"])


@given(st.dictionaries(CLAIMS, st.none() | st.integers() | st.text() | st.lists(st.integers())))
def test_whatever_a_signed_token_claims_is_judged_or_refused_by_name(ehr: Ehr, claims: dict[str, Any]) -> None:
    pem = ehr.keys["ES384"]
    try:
        token = jwt.encode({**ehr.claims(HERE), **claims}, pem, "ES384", headers={"kid": "ES384"})
    except TypeError:  # PyJWT itself refuses to write it
        return
    try:
        entered(ehr, token)
    except DeniedError:
        return
    assert not set(claims) & {"iss", "aud"}


# ---- the settings file


def test_hospitals_are_read_with_their_keys_and_their_setting(ehr: Ehr) -> None:
    given_ = ehr.settings()
    given_["hospitals"][0]["setting"] = "inpatient"
    known = read(json.dumps(given_).encode(), "production")
    assert [(one.name, one.setting, len(one.keys)) for one in known.hospitals] == [("St. Example", "inpatient", 2)]
    assert known.origins == ("https://ehr.example.org",)


def private(ehr: Ehr) -> dict[str, Any]:
    return dict(json.loads(ECAlgorithm.to_jwk(ehr.keys["ES384"]))) | {"kid": "x", "alg": "ES384"}


def small() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 -- the one that is refused
    return dict(json.loads(RSAAlgorithm.to_jwk(key.public_key()))) | {"kid": "x", "alg": "RS384"}


def other_curve() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    return dict(json.loads(ECAlgorithm.to_jwk(key.public_key()))) | {"kid": "x", "alg": "ES384"}


KEYS: list[tuple[Any, str]] = [
    (lambda ehr: [], "at least 1"),
    (lambda ehr: [{}], "kid"),
    (lambda ehr: [ehr.jwk(), ehr.jwk()], "kid of its own"),
    (lambda ehr: [private(ehr)], "private key"),
    (lambda ehr: [small()], "1024 bits"),
    (lambda ehr: [other_curve()], "does not fit ES384"),
    (lambda ehr: [ehr.jwk(alg="ES256")], "alg ES384 or RS384"),
    (lambda ehr: [ehr.jwk(use="enc")], "use sig"),
    (lambda ehr: [ehr.jwk(x="!")], "cannot be read"),
    (lambda ehr: [{"kty": "oct", "k": "AAAA", "kid": "x", "alg": "HS256"}], "alg ES384 or RS384"),
]


@pytest.mark.parametrize(("keys", "why"), KEYS)
def test_keys_that_cannot_be_trusted_close_the_door_for_all(ehr: Ehr, keys: Any, why: str) -> None:
    known = {"hospitals": [{"name": "a", "issuer": "b", "keys": keys(ehr)}]}
    with pytest.raises(SettingsFileError, match=why):
        read(json.dumps(known).encode(), "production")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not readable"),
        ("[]", "object"),
        ('{"origin": []}', "origin"),
        ('{"origins": ["*"]}', "an origin is written like"),
        ('{"origins": ["null"]}', "an origin is written like"),
        ('{"origins": ["https://a.example/"]}', "an origin is written like"),
        ('{"origins": [], "origins": []}', "written twice"),
        ('{"sandbox": "yes"}', "sandbox"),
        ('{"sandbox": true}', "demo"),
    ],
)
def test_a_settings_file_that_cannot_be_followed_says_why(text: str, why: str) -> None:
    with pytest.raises(SettingsFileError, match=why):
        read(text.encode(), "production")


def test_two_hospitals_with_one_issuer_are_refused(ehr: Ehr) -> None:
    one = ehr.settings()["hospitals"][0]
    with pytest.raises(SettingsFileError, match="same issuer"):
        read(json.dumps({"hospitals": [one, one]}).encode(), "production")


@pytest.mark.parametrize("mode", ["production", "test"])
def test_the_sandbox_opens_in_the_demo_alone(mode: str) -> None:
    assert read(b'{"sandbox": true}', "demo").sandbox
    with pytest.raises(SettingsFileError):
        read(b'{"sandbox": true}', mode)


def test_what_was_used_is_forgotten_only_after_it_expired() -> None:
    seen, now = Seen(BEGAN), time.time()
    assert seen.first_time("a", "x", now + 60, now)
    assert not seen.first_time("a", "x", now + 60, now)
    assert seen.first_time("b", "x", now + 60, now)
