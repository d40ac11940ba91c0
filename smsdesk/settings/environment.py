"""The environment, read once and typed. A nonsense value stops the start with a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from pydantic_core import ErrorDetails

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_URL = re.compile(r"https?://([^\s/?#@:\[\]\\]+|\[[0-9a-fA-F:.]+\])(:\d+)?/?", re.IGNORECASE)
# Encrypted, or on this machine: whoever stands between would choose what the desk is framed by.
EMBEDDER = re.compile(
    r"https://([^\s/?#@:\[\]\\*;,'\"]+|\[[0-9a-fA-F:.]+\])(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?",
    re.IGNORECASE,
)
SHORTEST_KEY = 32
HOST_NAME = re.compile(r"[^\s/?#@:\[\]\\]+|\[[0-9a-fA-F:.]+\]")


class Environment(BaseSettings):
    """Every setting an operator may set, each an environment variable of the same name.

    An empty one counts as not set. Read it by ``read_environment``, which says what is wrong.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, validate_default=False)

    database_url: str = Field(
        default="postgresql://postgres@127.0.0.1:5432/smsdesk",
        description="postgresql:// URL of the one database.",
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="redis:// or unix:// URL; doorbells and nudges only, never truth.",
    )
    secret_key: str = Field(default="", description="Django's signing key.")
    sealing_keys: str = Field(
        default="",
        description="Keys that seal carriers' secrets in the database, comma separated, the newest"
        " first; without one, secret_key seals. `openssl rand -base64 32` makes one.",
    )
    allowed_hosts: str = Field(default="", description="Host names served, comma separated.")
    public_url: str = Field(
        default="",
        description="Scheme and host carriers call us by; their signatures cover it.",
    )
    embed_origins: str = Field(
        default="",
        description="Origins whose pages may show the desk in a frame, comma separated (F19).",
    )
    email_url: str = Field(
        default="",
        description="smtp://user:password@host:587 (STARTTLS) or smtps:// (TLS) of the server that"
        " sends e-mail; without a user, smtp:// sends in the clear. Not set: none is sent.",
    )
    email_from: str = Field(
        default="smsdesk@localhost", description="The address that invitations come from."
    )
    trusted_proxy: bool = Field(
        default=False,
        description="One proxy in front sets X-Forwarded-Proto, and adds to X-Forwarded-For.",
    )
    require_two_factor: bool | None = Field(
        default=None,
        description="Whoever enters the admin shows a second factor. Not set: under"
        " settings.production only.",
    )
    admin_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="Without a click one is signed out of the admin."
    )
    admin_session_hours: int = Field(
        default=12, ge=1, le=720, description="Whoever may enter the admin signs in so often."
    )
    desk_session_hours: int = Field(
        default=16, ge=1, le=720, description="Agents sign in so often: longer than a shift."
    )
    metrics_token: str = Field(
        default="",
        description="Whoever shows it as a bearer token may read /metrics. Not set: nobody.",
    )
    handset: bool = Field(default=False, description="Serve the simulated carrier and handset.")
    var_dir: Path = Field(default=ROOT / "var", description="Runtime data.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", description="Level of the root logger."
    )
    currency: str = Field(
        default="USD", pattern="^[A-Z]{3}$", description="Of the price list: USD, EUR, GBP, …"
    )
    address_search: bool = Field(
        default=True,
        description="Agents may look for a customer by name, address, e-mail and number.",
    )
    presence_timeout_seconds: int = Field(
        default=30,
        ge=2,
        le=3600,
        description="Silence of a browser after which its agent is gone (N7).",
    )
    carrier_timeout_seconds: float = Field(
        default=15,
        gt=0,
        le=600,
        description="How long we wait for a carrier's answer to a send.",
    )
    send_within_hours: int = Field(
        default=24,
        ge=24,  # quiet hours may put a text off for nearly so long
        le=168,
        description="A text that waits to be sent for longer is not sent, and says so.",
    )
    reconcile_hours: int = Field(
        default=3,
        ge=0,
        le=168,
        description="Every hour so many are held against the carrier's own list; 0: never (N15).",
    )

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, url: str) -> str:
        parts = _split(url)
        if parts.scheme not in {"postgres", "postgresql"}:
            raise ValueError("must begin with postgresql://")
        if parse_qs(parts.query).get("port", ["0"])[0].isdigit():
            return url
        raise ValueError("names a port that is no number")

    @field_validator("redis_url")
    @classmethod
    def check_redis_url(cls, url: str) -> str:
        if _split(url).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @field_validator("email_url")
    @classmethod
    def check_email_url(cls, url: str) -> str:
        parts = _split(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("must be smtp:// or smtps:// and a host, such as smtp://mail:587")
        return url

    @field_validator("public_url")
    @classmethod
    def check_public_url(cls, url: str) -> str:
        if not PUBLIC_URL.fullmatch(url):
            raise ValueError(
                "must be http:// or https://, a host and perhaps a port, with nothing behind"
                f" them, such as https://desk.example.org, not {url!r}"
            )
        _split(url)
        return url.rstrip("/")

    @field_validator("sealing_keys")
    @classmethod
    def check_sealing_keys(cls, keys: str) -> str:
        if any(len(key) < SHORTEST_KEY for key in listed(keys)):
            raise ValueError(
                f"must be keys of {SHORTEST_KEY} characters or more, with commas between them"
            )
        return keys

    @field_validator("allowed_hosts")
    @classmethod
    def check_allowed_hosts(cls, hosts: str) -> str:
        for host in listed(hosts):
            if not HOST_NAME.fullmatch(host):
                raise ValueError(
                    "must be host names without scheme, port or path, with commas between them,"
                    f" such as desk.example.org, not {host!r}"
                )
        return hosts

    @field_validator("embed_origins")
    @classmethod
    def check_embed_origins(cls, origins: str) -> str:
        for origin in listed(origins):
            if not EMBEDDER.fullmatch(origin):
                raise ValueError(
                    "must be origins with https and nothing behind the host and port, with commas"
                    f" between them, such as https://crm.example.org, not {origin!r}"
                )
            _split(origin)
        return origins

    @field_validator("log_level", mode="before")
    @classmethod
    def in_capitals(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level


def read_environment() -> Environment:
    """Read the environment. Raises ImproperlyConfigured: one sentence names what is wrong."""
    try:
        return Environment()
    except ValidationError as error:
        # Without the original, whose report has every value in it, passwords too.
        raise ImproperlyConfigured(_sentence(error.errors()[0])) from None


def listed(values: str) -> list[str]:
    """The values of a setting that has several, with commas between them."""
    return [value.strip() for value in values.split(",") if value.strip()]


def database_options(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a ``postgresql://`` URL (``?host=/socket/dir`` allowed)."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.get("port", [""])[0]),
    }


def email_options(url: str) -> dict[str, object]:
    """Django's e-mail settings for an ``smtp://`` or ``smtps://`` URL; a password needs TLS."""
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and bool(parts.username),
    }


def _split(url: str) -> SplitResult:
    """Take a URL apart. Raises ValueError with words that follow a setting's name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("is no URL") from None
    try:
        parts.port  # noqa: B018 - read for the error alone
    except ValueError:
        raise ValueError("names a port that is no number from 0 to 65535") from None
    return parts


def _sentence(error: ErrorDetails) -> str:
    """What is wrong with a setting, and with what it is now where that is no secret."""
    name = str(error["loc"][0]).upper()
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return f"{name} {limits['error']}."
    wanted = {
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "int_parsing_size": "a whole number",
        "float_parsing": "a number",
        "bool_parsing": "1 or 0",
        "greater_than": f"more than {limits.get('gt', 0):g}",
        "greater_than_equal": f"at least {limits.get('ge', 0):g}",
        "less_than_equal": f"at most {limits.get('le', 0):g}",
        "literal_error": str(limits.get("expected")).replace("'", ""),
    }.get(kind)
    if wanted is None:
        return f"{name} cannot be used: {error['msg']}."
    return f"{name} must be {wanted}, not {error['input']!r}."
