"""Every setting, typed, with a sentence each; read from the environment and ``.env``."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated

from limits import parse_many
from pydantic import (
    AfterValidator,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Seconds = Annotated[float, Field(gt=0)]
Origin = Annotated[
    str,
    Field(
        pattern=r"^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?$",
        max_length=255,
    ),
]
"""Scheme, host and port, as a browser writes it: nothing else may get into a security policy."""
E164 = Annotated[str, Field(pattern=r"^\+[1-9]\d{4,14}$")]


def _is_rate(text: str) -> str:
    parse_many(text)
    return text


Rate = Annotated[str, AfterValidator(_is_rate)]
"""Such as ``30/minute`` or ``30/minute; 300/hour``: all must hold."""


class Settings(BaseSettings):
    """What an operator can set. ``oroslotsen settings`` prints each with where it came from."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: Port = Field(8080, description="Port the service listens on.")
    public_url: str = Field(
        "http://localhost:8080", description="Address that callers and coordinators see."
    )
    rasa_port: Port = Field(5005, description="Rasa's port on loopback.")
    rasa_workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="How many Rasa processes there are; they listen on ports from RASA_PORT on."
    )
    actions_port: Port = Field(5055, description="The action server's port on loopback.")
    rasa_token: SecretStr | None = Field(
        None,
        description="Secret shared by the service and Rasa; made at each start when empty.",
    )
    rasa_timeout: Seconds = Field(
        6.0, description="Seconds to wait for Rasa before the caller gets the safe answer."
    )
    state_dir: Path = Field(
        ROOT / "var", description="Folder for the database, the master key and logs."
    )
    models_dir: Path = Field(ROOT / "models", description="Folder for trained models.")
    data_dir: Path = Field(ROOT / "data", description="Folder with the training data.")
    knowledge_dir: Path = Field(ROOT / "knowledge", description="Folder with the curated texts.")
    encoder_model: str = Field(
        "",
        description="Transformer whose vectors help to tell topics: a folder or a Hugging Face "
        "name such as KB/bert-base-swedish-cased; none when empty. Train anew after a change.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="Address of a PostgreSQL, such as "
        "postgresql+asyncpg://user:password@host/name; SQLite in STATE_DIR when empty.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Address of a Redis, such as redis://host:6379, by which several service "
        "processes wake each other and count limits together; not needed for one.",
    )
    master_key_file: Path | None = Field(
        None, description="File with the master key; made in STATE_DIR at first start when empty."
    )
    municipality: str = Field(
        "goteborg", description="Municipality that a caller belongs to until they say another."
    )
    coordinator_idle_minutes: Annotated[int, Field(ge=1, le=720)] = Field(
        30, description="Minutes without activity before a coordinator is logged out."
    )
    log_level: str = Field("INFO", description="Lowest level that is logged.")
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, with commas between, whose X-Forwarded headers count.",
    )
    embed_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (),
        description="Addresses, with commas between, whose pages may show the chat and call its "
        "API, such as https://goteborg.se; nobody else may.",
    )
    limit_caller: Rate = Field(
        "30/minute; 300/hour",
        description="Messages that one conversation or phone number may send; faster than anybody "
        "writes. An acute message is let through; a long one counts for several.",
    )
    limit_address: Rate = Field(
        "300/minute",
        description="Messages from one address: a school or a library writes from one.",
    )
    limit_everybody: Rate = Field(
        "3000/minute",
        description="Messages from all together, on each channel; the service answers some 100 "
        "a second.",
    )
    limit_openings: Rate = Field(
        "60/minute; 600/hour", description="Conversations that one address may open in the chat."
    )
    limit_openings_everybody: Rate = Field(
        "1200/minute", description="Conversations and calls that all together may begin."
    )
    limit_streams: Annotated[int, Field(ge=1)] = Field(
        200, description="Chat pages that one address may have open in each service process."
    )
    limit_calls: Rate = Field("10/minute; 60/hour", description="Calls from one phone number.")
    limit_logins: Rate = Field(
        "20/minute; 100/hour",
        description="Attempts to log in to the console from one address; each account has its own "
        "growing wait besides.",
    )
    limit_logins_everybody: Rate = Field(
        "300/minute", description="Attempts to log in from all together: each takes much work."
    )
    twilio_account_sid: str | None = Field(
        None, description="Twilio account; SMS and phone are off when empty."
    )
    twilio_auth_token: SecretStr | None = Field(
        None, description="The account's auth token: for sending, and to check who calls us."
    )
    twilio_number: E164 | None = Field(
        None, description="Our number at Twilio, such as +46701740605, that messages come from."
    )
    twilio_api_url: str = Field(
        "https://api.twilio.com",
        description="Twilio's API; https://api.dublin.ie1.twilio.com keeps messages in the EU.",
    )
    sms_quiet_from: time = Field(
        time(21, 0), description="From then on the service sends no SMS of its own accord."
    )
    sms_quiet_until: time = Field(time(8, 0), description="Until then, Swedish time.")
    duty_number: E164 | None = Field(
        None, description="Number of the coordinator on duty; calls are not connected when empty."
    )
    duty_opens: time = Field(
        time(8, 0), description="When calls are connected on working days, Swedish time."
    )
    duty_closes: time = Field(time(16, 30), description="Until then.")
    record_calls: bool = Field(
        False, description="Record calls at Twilio; the caller is told before it begins."
    )

    coordinator_totp_required: bool = Field(
        True, description="Ask every coordinator for a code app's code besides the password."
    )
    oidc_issuer: str | None = Field(
        None,
        description="The municipality's own sign-in (OpenID Connect); off when empty.",
    )
    oidc_client_id: str | None = Field(None, description="Our id at the municipality's sign-in.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Our secret at the municipality's sign-in."
    )
    oidc_claim: str = Field(
        "sub",
        description="What of the sign-in tells who it is; compared with the account's --sign-in.",
    )
    first_answer_akut_minutes: Annotated[int, Field(ge=1)] = Field(
        5, description="Minutes within which an acute caller gets a first answer from a human."
    )
    first_answer_hog_minutes: Annotated[int, Field(ge=1)] = Field(
        30, description="Minutes within which a serious caller gets a first answer from a human."
    )
    claim_answer_minutes: Annotated[int, Field(ge=1)] = Field(
        10,
        description="Minutes a coordinator has to write after taking a ticket that is not acute.",
    )
    claim_answer_akut_minutes: Annotated[int, Field(ge=1)] = Field(
        3, description="The same when it is acute; then it goes back to the queue."
    )
    duty_hours: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Duty hours of municipalities that differ from DUTY_OPENS and DUTY_CLOSES, as JSON: "
            '{"malmo": "07:30-18:00"}.'
        ),
    )

    @field_validator("duty_hours")
    @classmethod
    def _read_duty_hours(cls, value: dict[str, str]) -> dict[str, str]:
        for hours in value.values():
            opens, _, closes = hours.partition("-")
            if time.fromisoformat(opens) >= time.fromisoformat(closes):
                raise ValueError(f"{hours} ends before it begins")
        return value

    def duty_hours_of(self, municipality: str) -> tuple[time, time]:
        """When a municipality's coordinators are on duty on working days, Swedish time."""
        given = self.duty_hours.get(municipality)
        if given is None:
            return self.duty_opens, self.duty_closes
        opens, _, closes = given.partition("-")
        return time.fromisoformat(opens), time.fromisoformat(closes)

    ticket_webhook_url: str | None = Field(
        None, description="Address that is told of each waiting ticket; off when empty."
    )
    ticket_webhook_secret: SecretStr | None = Field(
        None, description="Secret that signs the webhook; needed with its address."
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for notices of tickets, such as smtp://user:password@host:587.",
    )
    notice_email_from: str | None = Field(None, description="Sender of those notices.")
    notice_email_to: str | None = Field(None, description="Who gets those notices.")

    most_waiting: Annotated[int, Field(ge=1)] = Field(
        200,
        description="Messages that may wait for their turn; beyond, the chat tells callers at once "
        "that many are writing. Acute ones and SMS are always taken.",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="Address that /metrics listens on; never one that outsiders reach."
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        9464, description="Port for Prometheus to read /metrics on; 0 turns it off."
    )
    probe_minutes: Annotated[float, Field(ge=0)] = Field(
        5.0, description="Minutes between two test messages through the whole path; 0 for none."
    )
    alarm_webhook_url: str | None = Field(
        None, description="Address that is told when the test message fails; off when empty."
    )
    alarm_webhook_secret: SecretStr | None = Field(
        None, description="Secret that signs that alarm; needed with its address."
    )
    alarm_email_to: str | None = Field(
        None, description="Who gets that alarm by e-mail, through SMTP_URL; off when empty."
    )

    retention_decision: str | None = Field(
        None,
        description="The municipality's decision on disposal (gallringsbeslut), as KS 2026/12. "
        "Until it is set, no conversation is deleted because of its age: what callers send is a "
        "public record, and to dispose of one takes a decision.",
    )
    retention_empty_days: Days = Field(
        1,
        description="Days after which an opened chat in which nobody wrote is deleted, and our own "
        "test messages: there is nothing in it to keep.",
    )
    retention_conversation_days: Days = Field(
        180,
        description="Days after the last message that a conversation without a ticket is kept: who "
        "comes back need not tell all again, and nobody acted on it.",
    )
    retention_ticket_days: Days = Field(
        1825,
        description="Days after its closing that a ticket and its conversation are kept: somebody "
        "may ask what the municipality did. Set what the archive's plan says.",
    )
    retention_trace_days: Days = Field(
        30,
        description="Days that delivery reports, notices, ended logins and the ids of ended calls "
        "are kept: faults are looked for within some weeks.",
    )
    retention_audit_days: Days = Field(
        2190,
        description="Days that the audit log is kept: longer than the tickets that it tells of.",
    )
    delete_on_request: bool = Field(
        True,
        description="Let callers delete a conversation that became no ticket, by RADERA. False "
        "hands each request to a coordinator; so is it always done when there is a ticket.",
    )

    @field_validator("trusted_proxies", "embed_origins", mode="before")
    @classmethod
    def _part_by_commas[T](cls, value: str | tuple[T, ...]) -> tuple[str, ...] | tuple[T, ...]:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("retention_audit_days")
    @classmethod
    def _keep_the_log_longest(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("retention_ticket_days", 0):
            raise ValueError("is shorter than RETENTION_TICKET_DAYS")
        return value

    @property
    def effective_database_url(self) -> str:
        """The database's address, with the embedded SQLite as default."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.state_dir / 'oroslotsen.db'}"

    @property
    def effective_master_key_file(self) -> Path:
        """The file that holds the master key."""
        return self.master_key_file or self.state_dir / "master.key"

    @property
    def backup_key_file(self) -> Path:
        """The backups' key file, if no other place is given for it."""
        return self.effective_master_key_file.with_name("backup.keys")

    @property
    def is_https(self) -> bool:
        """Whether callers and coordinators come over TLS."""
        return self.public_url.startswith("https://")

    @property
    def rasa_ports(self) -> range:
        """The ports of every Rasa process."""
        return range(self.rasa_port, self.rasa_port + self.rasa_workers)

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """The addresses of every Rasa process; always loopback."""
        return tuple(f"http://127.0.0.1:{port}" for port in self.rasa_ports)
