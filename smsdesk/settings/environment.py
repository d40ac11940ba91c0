"""The environment, read once and typed. A nonsense value stops the start with a sentence."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]


class Environment(BaseSettings):
    """Every setting an operator may set, each an environment variable of the same name."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = Field(
        default="postgresql://postgres@127.0.0.1:5432/smsdesk",
        description="postgresql:// URL of the one database.",
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="redis:// or unix:// URL; doorbells and nudges only, never truth.",
    )
    secret_key: str = Field(default="", description="Django's signing key.")
    allowed_hosts: str = Field(default="", description="Host names served, comma separated.")
    public_url: str = Field(
        default="",
        description="Scheme and host carriers call us by; their signatures cover it.",
    )
    trusted_proxy: bool = Field(
        default=False, description="A proxy in front sets X-Forwarded-Proto."
    )
    handset: bool = Field(default=False, description="Serve the simulated carrier and handset.")
    var_dir: Path = Field(default=ROOT / "var", description="Runtime data.")
    log_level: str = Field(default="INFO", description="Level of the root logger.")
    presence_timeout_seconds: int = Field(
        default=30, ge=2, description="Silence of a browser after which its agent is gone (N7)."
    )
    carrier_timeout_seconds: float = Field(
        default=15, gt=0, description="How long we wait for a carrier's answer to a send."
    )


def database_options(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a ``postgresql://`` URL (``?host=/socket/dir`` allowed)."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        msg = f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://"
        raise ValueError(msg)
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
