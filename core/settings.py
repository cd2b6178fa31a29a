"""Every setting, with its type, default and a line of help.

Read once at start; nobody else looks at the environment.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError

# The project's own folder: data lies beside the code.
ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET = 24  # bytes; reliability.md T3


class Settings(BaseSettings):
    """Environment variables with the prefix `SATHI_`, and a `.env` file."""

    model_config = SettingsConfigDict(env_prefix="SATHI_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address the public server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the public server; 0 picks a free one.")
    public_url: str = Field(
        "", description="Address customers reach the service at; for links. Default: host and port."
    )
    data_dir: Path = Field(Path("var"), description="Everything the embedded mode writes.")
    database_url: str = Field("", description="SQLite in the data folder when empty; or postgresql+asyncpg://…")
    tenant: str = Field(
        "bangladesh-power-division", description="Tenant of the web chat and the single-channel settings."
    )
    demo: bool = Field(True, description="Demo accounts, demo staff and the SMS demo page. Switch off in production.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs tokens and links, 24 bytes or more. Empty: made once, kept in the data folder.",
    )
    log_level: str = Field(
        "info", description="debug, info, warning or error. Message text is never logged above debug."
    )
    log_format: str = Field("console", description="console or json.")
    metrics_token: SecretStr = Field(SecretStr(""), description="Lets a scraper outside loopback read /metrics.")
    desk_lookups: int = Field(100, ge=1, description="Looks at customers' data that a staff member has in an hour.")
    trusted_proxies: int = Field(0, ge=0, le=5, description="How many proxies in front set X-Forwarded-For.")

    meta_graph_url: str = Field("https://graph.facebook.com/v25.0", description="Graph API base, version included.")
    telegram_api_url: str = Field("https://api.telegram.org", description="Telegram Bot API base.")
    meta_app_secret: SecretStr = Field(SecretStr(""), description="App secret that signs both Meta webhooks.")
    meta_app_secret_previous: SecretStr = Field(
        SecretStr(""), description="The old app secret while it is being changed."
    )
    meta_verify_token: SecretStr = Field(SecretStr(""), description="Verify token of both Meta webhooks.")
    whatsapp_phone_number_id: str = Field("", description="Phone number id; switches WhatsApp on.")
    whatsapp_access_token: SecretStr = Field(SecretStr(""), description="System-user token for WhatsApp.")
    whatsapp_business_id: str = Field("", description="WhatsApp Business Account id; for channel setup.")
    messenger_page_id: str = Field("", description="Page id; switches Messenger on.")
    messenger_page_token: SecretStr = Field(SecretStr(""), description="Page access token.")
    messenger_app_id: str = Field(
        "",
        description="App id at Meta, of WhatsApp too: to know our own echoes; for channel check.",
    )
    telegram_bot_token: SecretStr = Field(SecretStr(""), description="Bot token; switches Telegram on.")
    telegram_secret_token: SecretStr = Field(SecretStr(""), description="Secret that Telegram returns in its header.")
    sms_url: str = Field(
        "", description="SMS gateway: POST JSON {to, text}. Empty: shown on the demo page and in the log."
    )

    media_url: str = Field(
        "", description="S3-compatible bucket for customers' files, https://host/bucket. Empty: in the data folder."
    )
    media_region: str = Field("us-east-1", description="Region of the bucket, as its signature wants it.")
    media_access_key: SecretStr = Field(SecretStr(""), description="Access key of the bucket.")
    media_secret_key: SecretStr = Field(SecretStr(""), description="Secret key of the bucket.")
    media_days: int = Field(
        400, ge=0, description="Days after which customers' files are removed; 0 keeps them for ever."
    )
    stt_url: str = Field(
        "", description="Speech to text: POST a form with `file` and `language`, get {text}. Empty: nobody listens."
    )
    stt_token: SecretStr = Field(SecretStr(""), description="Bearer token for speech to text, where it wants one.")

    chatwoot_url: str = Field(
        "", description="A Chatwoot as the desk of SATHI_TENANT; its address. Empty: our own desk alone."
    )
    chatwoot_token: SecretStr = Field(SecretStr(""), description="Access token of a member of the inbox.")
    chatwoot_account_id: int = Field(0, ge=0, description="Account id in Chatwoot.")
    chatwoot_inbox_id: int = Field(0, ge=0, description="Id of the inbox of the channel API.")
    chatwoot_secret: SecretStr = Field(SecretStr(""), description="Secret of that inbox; signs its webhooks.")

    rasa_workers: int = Field(1, ge=0, le=16, description="Rasa processes that `sathi run` starts; 0 starts none.")
    rasa_url: str = Field("", description="Rasa servers run elsewhere, comma-separated. Empty: started here.")
    action_host: str = Field("127.0.0.1", description="Address the action endpoint listens on; private networks only.")
    action_port: int = Field(0, ge=0, le=65535, description="Port of the action endpoint; 0 picks a free one.")
    action_token: SecretStr = Field(
        SecretStr(""), description="Shared with Rasa servers run elsewhere; made at start when empty."
    )
    workers: int = Field(8, ge=1, le=256, description="Conversations handled side by side.")
    senders: int = Field(16, ge=1, le=256, description="Messages sent side by side.")

    messages_per_minute: int = Field(
        20, ge=0, description="Messages of one person a minute, over five, that are answered one by one; 0: any number."
    )
    album_seconds: float = Field(
        1.5, ge=0, le=10, description="Pause after a picture in which further ones still belong to it."
    )

    # Nested so that each outer one leaves room for the inner: reliability.md §1. A test reads them.
    action_timeout: float = Field(8.0, gt=0, description="Seconds a custom action may take.")
    turn_timeout: float = Field(15.0, gt=0, description="Seconds the dialogue core may take for one message.")
    lease_seconds: float = Field(90.0, gt=0, description="Seconds a worker owns a conversation without a sign of life.")

    @property
    def resolved_database_url(self) -> str:
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{(self.data_dir / 'sathi.db').resolve()}"

    @property
    def base_url(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def _require(problems: list[str], name: str, secret: SecretStr, channel: str, minimum: int = MIN_SECRET) -> None:
    value = secret.get_secret_value()
    if not value:
        problems.append(f"SATHI_{name} is not set, but {channel} is switched on")
    elif len(value.encode()) < minimum:
        problems.append(f"SATHI_{name} is too short: {channel} needs at least {minimum} bytes")


def check(settings: Settings) -> None:
    """Refuse a start that would be unsafe or could not serve; every fault is named at once."""
    problems: list[str] = []
    if settings.whatsapp_phone_number_id:
        _require(problems, "WHATSAPP_ACCESS_TOKEN", settings.whatsapp_access_token, "WhatsApp", 1)
    if settings.messenger_page_id:
        _require(problems, "MESSENGER_PAGE_TOKEN", settings.messenger_page_token, "Messenger", 1)
    if settings.whatsapp_phone_number_id or settings.messenger_page_id:
        _require(problems, "META_APP_SECRET", settings.meta_app_secret, "a Meta channel")
        _require(problems, "META_VERIFY_TOKEN", settings.meta_verify_token, "a Meta channel", 8)
    if settings.telegram_bot_token.get_secret_value():
        _require(problems, "TELEGRAM_SECRET_TOKEN", settings.telegram_secret_token, "Telegram")
    if settings.secret_key.get_secret_value():
        _require(problems, "SECRET_KEY", settings.secret_key, "signing")
    if settings.media_url:
        for name, secret in (("ACCESS", settings.media_access_key), ("SECRET", settings.media_secret_key)):
            if not secret.get_secret_value():
                problems.append(f"SATHI_MEDIA_{name}_KEY is not set, but SATHI_MEDIA_URL names a bucket")
    if not settings.action_timeout < settings.turn_timeout < settings.lease_seconds:
        problems.append("SATHI_ACTION_TIMEOUT < SATHI_TURN_TIMEOUT < SATHI_LEASE_SECONDS must hold")
    if not settings.resolved_database_url.startswith(("sqlite+aiosqlite:", "postgresql+asyncpg:")):
        problems.append("SATHI_DATABASE_URL must begin with sqlite+aiosqlite: or postgresql+asyncpg:")
    if problems:
        raise ConfigurationError("; ".join(problems))


def load() -> Settings:
    """Read and check the settings; a fault stops the process with the setting's name."""
    try:
        settings = Settings()
    except ValidationError as error:
        faults = "; ".join(f"SATHI_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise ConfigurationError(faults) from None
    check(settings)
    return settings
