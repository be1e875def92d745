"""The hospitals that may ask, as the clinic wrote them down, and the signed tokens by which they are known.

A token is a JSON Web Token as CDS Hooks asks for: signed with ES384 or RS384 by a key that stands in the settings file.
No key is ever fetched from the network, whatever address a token names.
"""

import json
import math
import threading
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from norket.exchange.strict_json import NotJsonError, loads
from norket.knowledge.criteria import Setting

ALGORITHMS: Mapping[str, tuple[str, str | None]] = {"ES384": ("EC", "P-384"), "RS384": ("RSA", None)}
SMALLEST_RSA_BITS = 2048
LONGEST_TOKEN = 8192
LONGEST_LIFE_S = 600.0  # a token is for one call; a longer life only serves whoever stole it
AHEAD_S = 5.0  # how far a hospital's clock may run ahead
REMEMBERED = 100_000
Text = Annotated[str, Field(min_length=1, max_length=200)]


class SettingsFileError(ValueError):
    """The settings file of the hospitals cannot be followed; nobody is let in with such a file."""


class DeniedError(ValueError):
    """The caller is not let in; the message says why."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Hospital(_Frozen):
    """A record system that may ask. `keys` is the content of its JWK Set; `setting` is where its patients are treated,
    and where it is not said, the stricter rules of care outside a hospital count. `timezone` says which day it is
    there."""

    name: Text
    issuer: Text
    keys: tuple[dict[str, Any], ...] = Field(min_length=1)
    setting: Setting | None = None
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _on_the_map(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"a time zone is written like Europe/Vienna, not {timezone[:80]!r}") from error
        return timezone

    @field_validator("keys")
    @classmethod
    def _public(cls, keys: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        kids = [key.get("kid") for key in keys]
        if not all(isinstance(kid, str) and kid for kid in kids) or len(set(kids)) < len(kids):
            raise ValueError("each key needs a kid of its own")
        for key in keys:
            _usable(key)
        return keys

    def key(self, kid: str, algorithm: str) -> Any:
        """The public key of this name for this algorithm."""
        for key in self.keys:
            if key["kid"] == kid and key["alg"] == algorithm:
                return jwt.PyJWK(key, algorithm=algorithm).key
        raise DeniedError(f"The token is signed with a key ({kid[:80]}, {algorithm}) that is not on record here.")


def _usable(key: Mapping[str, Any]) -> None:
    named = f"key {key['kid']}"
    if "d" in key:
        raise ValueError(f"{named} is a private key; take it out of this file and let the hospital make a new pair")
    algorithm = key.get("alg")
    if algorithm not in ALGORITHMS or key.get("use", "sig") != "sig":
        raise ValueError(f"{named} must be for signatures (use sig) with alg {' or '.join(ALGORITHMS)}")
    kind, curve = ALGORITHMS[str(algorithm)]
    if key.get("kty") != kind or (curve and key.get("crv") != curve):
        raise ValueError(f"{named} does not fit {algorithm}, which takes {kind} {curve or ''}".rstrip())
    try:
        read = jwt.PyJWK(dict(key), algorithm=str(algorithm)).key
    except jwt.PyJWTError as error:
        raise ValueError(f"{named} cannot be read: {error}") from error
    if kind == "RSA" and read.key_size < SMALLEST_RSA_BITS:
        raise ValueError(f"{named} has {read.key_size} bits; {SMALLEST_RSA_BITS} are the least")


class Hospitals(_Frozen):
    """Who may ask. `origins` are the addresses of browser pages that may call; `sandbox` lets anybody ask without a
    token and exists for the demo clinic alone, which has no real patients."""

    hospitals: tuple[Hospital, ...] = ()
    origins: tuple[str, ...] = ()
    sandbox: bool = False

    @field_validator("origins")
    @classmethod
    def _bare(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}" or "*" in origin:
                raise ValueError(f"an origin is written like https://ehr.example.org, not {origin[:80]!r}")
        return origins

    @model_validator(mode="after")
    def _one_each(self) -> "Hospitals":
        issuers = [one.issuer for one in self.hospitals]
        if len(set(issuers)) < len(issuers):
            raise ValueError("two hospitals have the same issuer")
        return self

    def by_issuer(self, issuer: Any) -> Hospital:
        for one in self.hospitals:
            if one.issuer == issuer:
                return one
        raise DeniedError("The token's issuer is not on record here. Ask the clinic to add your system.")


NOBODY = Hospitals()
_read: dict[tuple[str, str], tuple[int, Hospitals]] = {}


def on_record(path: Path, mode: str) -> Hospitals:
    """The hospitals of the settings file, read again when it changes; nobody when there is none."""
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return NOBODY
    known = _read.get((str(path), mode))
    if known is None or known[0] != changed:
        known = _read[str(path), mode] = (changed, read(path.read_bytes(), mode))
    return known[1]


def read(text: bytes, mode: str) -> Hospitals:
    """The hospitals in the text of a settings file; raises `SettingsFileError`."""
    try:
        loads(text)  # what a laxer reader would let pass: keys written twice, NaN
        found = Hospitals.model_validate_json(text)
    except NotJsonError as error:
        raise SettingsFileError(f"the settings of the hospitals are {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsFileError(f"the settings of the hospitals: {'; '.join(faults)}") from error
    if found.sandbox and mode != "demo":
        raise SettingsFileError(f"the sandbox lets anybody in; it exists in the demo clinic, and this is {mode}")
    return found


class Seen:
    """The tokens that were used, until they expire. What was issued before this process began is refused, because
    nobody remembers whether it was used."""

    def __init__(self, began: datetime) -> None:
        self.began_s = math.floor(began.timestamp())
        self._until: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def first_time(self, issuer: str, token: str, expires_s: float, now_s: float) -> bool:
        """Whether this token was never seen; it is remembered from now on."""
        with self._lock:
            if len(self._until) >= REMEMBERED:
                self._until = {key: until for key, until in self._until.items() if until > now_s}
            if (issuer, token) in self._until or len(self._until) >= REMEMBERED:
                return False
            self._until[issuer, token] = expires_s
            return True


def admit(
    authorization: str, *, hospitals: Hospitals, addresses: Collection[str], now: datetime, seen: Seen
) -> Hospital:
    """The hospital that signed this `Authorization` header for one of these `addresses`; raises `DeniedError`.

    `now` is the time of the machine: a hospital's clock knows nothing of a clinic's test clock.
    """
    token = authorization.removeprefix("Bearer ").strip()
    if not authorization.startswith("Bearer ") or not token:
        raise DeniedError("Send a signed token: Authorization: Bearer <JWT>.")
    if len(token) > LONGEST_TOKEN:
        raise DeniedError(f"The token is longer than {LONGEST_TOKEN} characters.")
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise DeniedError(f"The token must be signed with {' or '.join(ALGORITHMS)}.")
        if not isinstance(kid, str) or "crit" in header:
            raise DeniedError("The token must name its key (kid) and ask for no extensions (crit).")
        unproved = jwt.decode(token, options={"verify_signature": False})
        hospital = hospitals.by_issuer(unproved.get("iss"))
        claims = jwt.decode(
            token,
            hospital.key(kid, algorithm),
            algorithms=[algorithm],
            audience=list(addresses),
            issuer=hospital.issuer,
            options={
                "require": ["iss", "aud", "exp", "iat", "jti"],
                "verify_exp": False,  # times are judged below, by the clock that was given
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeniedError(f"The token is not accepted: {error}.") from error
    _timely(claims, hospital.issuer, now, seen)
    return hospital


def _timely(claims: Mapping[str, Any], issuer: str, now: datetime, seen: Seen) -> None:
    now_s = now.timestamp()
    issued, expires, begins = (_second(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or expires is None:
        raise DeniedError("The token's iat and exp must be numbers.")
    if expires <= now_s:
        raise DeniedError("The token has expired.")
    if issued > now_s + AHEAD_S or (begins is not None and begins > now_s + AHEAD_S):
        raise DeniedError("The token is from the future; set the clocks of both systems by the same time.")
    if expires - issued > LONGEST_LIFE_S:
        raise DeniedError(f"The token lives longer than {LONGEST_LIFE_S:g} seconds; make one for each call.")
    if issued < seen.began_s:
        raise DeniedError("The token was issued before this service began; send a new one.")
    name = claims["jti"]
    if not isinstance(name, str) or not name or len(name) > 200:  # noqa: PLR2004 -- like every name here
        raise DeniedError("The token's jti must be a text of 1 to 200 characters.")
    if not seen.first_time(issuer, name, expires, now_s):
        raise DeniedError("The token was used before; make one for each call.")


def _second(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        if value is None:
            return None
        raise DeniedError(f"The token's {name} must be a number.")
    try:
        found = float(value)
    except OverflowError as error:
        raise DeniedError(f"The token's {name} is too large.") from error
    if not math.isfinite(found):
        raise DeniedError(f"The token's {name} must be finite.")
    return found
