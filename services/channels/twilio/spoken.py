"""Replies as they are heard: in their order, each contact with its number said twice. Pure."""

from __future__ import annotations

from services.answers.knowledge import EMERGENCY
from services.answers.reply import ContactBlock, Reply, TextBlock
from services.answers.speech import speak_number


def spoken(reply: Reply, *, again: str, english: bool = False) -> tuple[str, ...]:
    """What is said, a paragraph each.

    Args:
        reply: Made for the phone, so that numbers within its texts are in words already.
        again: What comes before a number's second time, such as "Jag upprepar."
        english: Whether numbers are said in English.
    """
    said = "\n".join(block.text for block in reply.blocks if isinstance(block, TextBlock))
    parts: list[str] = []
    for block in reply.blocks:
        match block:
            case TextBlock(text=text):
                parts.append(text)
            case ContactBlock():
                number = speak_number(block.number, english=english) if block.number else None
                if number is None or number not in said:
                    parts.append(_contact(block, number, again))
    return tuple(part for part in parts if part)


def has_numbers(reply: Reply) -> bool:
    """Whether the reply shows a number that one could want in writing; nobody needs 112 so."""
    return any(
        isinstance(block, ContactBlock) and block.number and block.id != EMERGENCY
        for block in reply.blocks
    )


def spelled(reference: str) -> str:
    """A reference to be written down by ear: ``"K, 7, M, 3, X, E"``."""
    return ", ".join(letter for letter in reference if letter.isalnum())


def _contact(block: ContactBlock, number: str | None, again: str) -> str:
    twice = (number, f"{again} {number}") if number else ()
    sentences = (block.name, *twice, block.hours, block.note)
    return " ".join(f"{one.removesuffix('.')}." for one in sentences if one)
