"""A reply as the caller gets it: blocks to read and choices to make next."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.answers.speech import speak_number
from services.vocabulary import ContactId


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True)


class TextBlock(_Block):
    """Words; paragraphs are parted by a blank line, list items start with "- "."""

    kind: Literal["text"] = "text"
    text: str
    urgent: bool = Field(default=False, description="To be shown as a warning, first")
    quoted: bool = Field(
        default=False, description="The caller's own words read back; not the service's"
    )


class ContactBlock(_Block):
    """A contact, with what to know before calling."""

    kind: Literal["contact"] = "contact"
    id: ContactId
    name: str
    short_name: str
    number: str | None = Field(description="As written in Sweden")
    tel: str | None = Field(description='For a tel: link, such as "+46313650000" or "112"')
    email: str | None = None
    audience: str
    open_now: bool | None = Field(description="Nothing when the hours are not known")
    hours: str | None = Field(description='Such as "Öppnar måndag 12.00"')
    note: str | None = None

    @property
    def sms_line(self) -> str:
        """The contact on a line of a text message; a closed one with when it opens."""
        if self.number is None:
            line = f"{self.short_name}: {self.note}" if self.note else self.short_name
        else:
            line = f"{self.short_name} {self.number}"
            line += f" ({self.note})" if self.note else ""
        if self.open_now is False and self.hours:
            line += f", {self.hours[0].lower()}{self.hours[1:]}"
        return line


class SourceBlock(_Block):
    """Where the facts come from."""

    kind: Literal["source"] = "source"
    title: str
    publisher: str
    year: int


Block = Annotated[TextBlock | ContactBlock | SourceBlock, Field(discriminator="kind")]


class Choice(_Block):
    """A next step as a button, a number on SMS or a key on the phone."""

    id: str = Field(description="A topic id or a dialogue intent")
    title: str


class Reply(_Block):
    """What the caller gets for one message."""

    blocks: tuple[Block, ...] = ()
    choices: tuple[Choice, ...] = ()
    language: Literal["sv", "en"] = Field(
        default="sv", description="Of the words; sources are named in Swedish"
    )

    @property
    def contacts(self) -> tuple[ContactId, ...]:
        """Ids of the contacts shown, in order."""
        return tuple(block.id for block in self.blocks if isinstance(block, ContactBlock))

    def followed_by(self, other: Reply) -> Reply:
        """This reply and then ``other``; a block is shown once, and at most four choices."""
        blocks = tuple(dict.fromkeys((*self.blocks, *other.blocks)))
        choices = tuple({choice.id: choice for choice in (*self.choices, *other.choices)}.values())
        language = self.language if self.blocks or self.choices else other.language
        return Reply(blocks=blocks, choices=choices[:4], language=language)

    def as_texts(self) -> tuple[str, ...]:
        """Every sentence that the caller reads, a text for each block."""
        return tuple(_block_text(block) for block in self.blocks)

    def as_sms_text(self) -> str:
        """The reply as one SMS: texts, then each contact on a line.

        Sources are left out to save segments.
        """
        return "\n".join(text for block in self.blocks if (text := _sms_text(block)))

    def as_speech(self) -> str:
        """The reply to be read aloud: texts, then each contact with its number in words."""
        return "\n".join(text for block in self.blocks if (text := _speech(block)))


def _block_text(block: Block) -> str:
    match block:
        case TextBlock(text=text):
            return text
        case ContactBlock():
            lines = (block.name, block.number, block.email, block.audience, block.hours, block.note)
            return "\n".join(line for line in lines if line)
        case SourceBlock():
            return f"Källa: {block.publisher}, {block.title}, {block.year}"


def _sms_text(block: Block) -> str | None:
    match block:
        case TextBlock(text=text):
            return text
        case ContactBlock():
            return block.sms_line
        case _:
            return None


def _speech(block: Block) -> str | None:
    match block:
        case TextBlock(text=text):
            return text
        case ContactBlock():
            spoken = speak_number(block.number) if block.number else None
            sentences = (block.name, spoken, block.hours, block.note)
            return " ".join(f"{one.removesuffix('.')}." for one in sentences if one)
        case _:
            return None
