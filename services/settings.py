"""Every setting, typed, with a sentence each; read from the environment and ``.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """What an operator can set. ``oroslotsen settings`` prints each with where it came from."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: Port = Field(8080, description="Port the service listens on.")
    public_url: str = Field(
        "http://localhost:8080", description="Address that callers and coordinators see."
    )
    rasa_port: Port = Field(5005, description="Rasa's port on loopback.")
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
    database_url: str | None = Field(
        None, description="SQLAlchemy address of the database; SQLite in STATE_DIR when empty."
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

    @property
    def effective_database_url(self) -> str:
        """The database's address, with the embedded SQLite as default."""
        return self.database_url or f"sqlite+aiosqlite:///{self.state_dir / 'oroslotsen.db'}"

    @property
    def effective_master_key_file(self) -> Path:
        """The file that holds the master key."""
        return self.master_key_file or self.state_dir / "master.key"

    @property
    def rasa_url(self) -> str:
        """Rasa's address; always loopback."""
        return f"http://127.0.0.1:{self.rasa_port}"
