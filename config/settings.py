"""What an operator may set: environment variables with the prefix ``BIGDOT_``.

Any of them may name a file instead: ``BIGDOT_SECRET_KEY_FILE=/run/secrets/secret_key``.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "BIGDOT_"
MIN_SECRET_LENGTH = 32


class SettingsError(Exception):
    """A setting is wrong or missing; the message is one line and holds no secret."""


def _words(value: object) -> object:
    """``"a, b"`` as ``("a", "b")``."""
    if not isinstance(value, str):
        return value
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _web_address(value: str) -> str:
    """An http or https address without its closing slash."""
    TypeAdapter(HttpUrl).validate_python(value)
    return value.rstrip("/")


def _name_the_driver(value: SecretStr) -> SecretStr:
    """PostgreSQL is spoken to by psycopg, however its address begins."""
    url = value.get_secret_value()
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return SecretStr(url.replace(scheme, "postgresql+psycopg://", 1))
    if not url.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    return value


class Settings(BaseSettings):
    """Every setting, with its default; frozen."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    mode: Literal["embedded", "production"] = "embedded"
    demo: bool = False
    data_dir: Path = Path("bigdot-data")
    database_url: Annotated[SecretStr, AfterValidator(_name_the_driver)] | None = None
    broker_url: SecretStr | None = None
    secret_key: SecretStr | None = None

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    base_url: Annotated[str, AfterValidator(_web_address)] | None = None
    cookie_secure: bool | None = None
    trusted_proxies: int = Field(0, ge=0, le=10)
    web_processes: int = Field(1, ge=1, le=64)
    web_threads: int = Field(8, ge=1, le=256)
    worker_concurrency: int = Field(2, ge=1, le=256)

    smtp_host: str | None = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = True
    smtp_from: str = "bigdot@localhost"
    smtp_reply_to: str | None = None
    mail_merge_seconds: float = Field(600, ge=0, le=86400)
    channel_allow_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()

    metrics_token: SecretStr | None = None

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the files that the environment names."""
        return init_settings, env_settings, _NamedFiles(settings_cls)

    @model_validator(mode="after")
    def _production_is_told_everything(self) -> Self:
        if self.mode == "production":
            _refuse_missing(self, ("secret_key", "database_url", "broker_url", "base_url"))
            if self.demo:
                raise ValueError("the demo runs embedded only")
            if not self.database.startswith("postgresql"):
                raise ValueError("production runs on PostgreSQL")
        if any(len(key) < MIN_SECRET_LENGTH for key in self.secret_keys):
            raise ValueError(f"{PREFIX}SECRET_KEY needs at least {MIN_SECRET_LENGTH} characters")
        return self

    @property
    def embedded(self) -> bool:
        """Whether one command runs everything on this machine."""
        return self.mode == "embedded"

    @property
    def database(self) -> str:
        """The database's URL; embedded, a file in the data folder unless one is set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'bigdot.db'}"

    @property
    def broker(self) -> str | None:
        """The broker's URL; None embedded, where ``bigdot up`` starts one and sets it."""
        return self.broker_url.get_secret_value() if self.broker_url else None

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys that sign and encrypt; the first is the current one, commas part them."""
        if self.secret_key is None:
            return ()
        return tuple(key.strip() for key in self.secret_key.get_secret_value().split(","))

    @property
    def public_url(self) -> str:
        """Where people find the pages, without a closing slash."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies travel over https only: wherever people use https, unless set."""
        if self.cookie_secure is not None:
            return self.cookie_secure
        return self.public_url.startswith("https:")


class _NamedFiles(PydanticBaseSettingsSource):
    """Values from the files that ``BIGDOT_…_FILE`` name."""

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002 - pydantic's signature
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """The content of the field's file, or None."""
        name = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(name)
        if not path:
            return None, field_name, False
        if os.environ.get(name.removesuffix("_FILE")):
            raise SettingsError(f"{name} and {name.removesuffix('_FILE')} are both set")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise SettingsError(f"{name}: {path}: {error.strerror}") from None

    def __call__(self) -> dict[str, Any]:
        """The fields that have a file."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value is not None}


def load(**overrides: object) -> Settings:
    """Settings from the environment, ``overrides`` first; raises `SettingsError` in one line."""
    _refuse_unknown(os.environ)
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each of them
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


@cache
def settings() -> Settings:
    """The process's settings."""
    return load()


def variables() -> tuple[str, ...]:
    """The name of every variable, in the order of the class."""
    return tuple(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)


def _refuse_missing(found: Settings, names: Iterable[str]) -> None:
    missing = [f"{PREFIX}{name.upper()}" for name in names if getattr(found, name) is None]
    if missing:
        raise ValueError(f"production needs {', '.join(missing)}")


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = variables()
    for name in sorted(environ):
        if name.startswith(PREFIX) and name.removesuffix("_FILE") not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; is {close[0]} meant?" if close else ""
            raise SettingsError(f"{name} is not a setting{hint}")


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    where = f"{PREFIX}{str(first['loc'][0]).upper()}: " if first["loc"] else ""
    return f"{where}{message[:1].lower()}{message[1:]}" if where else message
