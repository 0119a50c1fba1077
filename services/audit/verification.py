"""Verifying the audit log: every record is there, in order, as it was written.

Whoever has the database but not the master key can change nothing unseen. Records cut off at the
end, with the head set back to match, show only against a mark that was noted elsewhere before:
``verify_audit`` gives the mark, and takes an earlier one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.log import as_record
from services.audit.record import LOG_REMOVED, START, Deed, hash_detail
from services.privacy.keyring import Keyring
from services.store.audit import get_audit_head, stream_audit_records
from services.store.tables import AuditRecord


class AuditBrokenError(Exception):
    """The log is not as it was written; says in Swedish where."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the log, to be noted outside the database: ``"128:9f2c..."``."""

    number: int
    chain: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.chain.hex()}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """The mark that ``str()`` gave. Raises ``AuditBrokenError``."""
        number, _, chain = text.partition(":")
        try:
            return cls(int(number), bytes.fromhex(chain))
        except ValueError:
            raise AuditBrokenError(f"{text} är inget märke. Det ser ut som 128:9f2c…") from None


async def verify_audit(
    session: AsyncSession, keyring: Keyring, *, known: Mark | None = None
) -> Mark:
    """Walk the whole log; give the mark of its end.

    Args:
        session: A transaction for reading.
        keyring: That the log was written under.
        known: A mark from before, which the log must still hold.

    Raises:
        AuditBrokenError: with the number of the first record that is not right.
    """
    head = await get_audit_head(session)
    start = head.start_number if head else 0
    number, chain, key, removed = start, (head and head.start_chain) or START, 0, 0
    async for row in stream_audit_records(session):
        number += 1
        if row.number != number:
            raise AuditBrokenError(f"Post {number} saknas i granskningsloggen.")
        chain, key = _next(row, chain, keyring, key)
        if known and known.number == number and not hmac.compare_digest(known.chain, chain):
            raise AuditBrokenError(f"Post {number} är inte den som märket gäller.")
        removed = max(removed, _removed_by(row))
    if removed != start:
        raise AuditBrokenError(f"Loggen börjar efter post {start}, men gallrad är post {removed}.")
    if (head.number, head.chain) != (number, chain) if head else number:
        raise AuditBrokenError(f"Granskningsloggens slut stämmer inte efter post {number}.")
    if number > start and not keyring.is_rotating and key != keyring.newest_chain:
        raise AuditBrokenError("Loggens slut är gjort med en huvudnyckel som är utbytt.")
    if known and known.number <= start:
        raise AuditBrokenError(f"Märket gäller post {known.number}, som är gallrad.")
    if known and known.number > number:
        raise AuditBrokenError(f"Loggen slutar vid post {number}, före märket.")
    return Mark(number, chain)


def _removed_by(row: AuditRecord) -> int:
    """The last record that a deed of retention has removed from the log; 0 for other deeds."""
    about = row.about or ""
    if row.deed != Deed.RETENTION or not about.startswith(LOG_REMOVED):
        return 0
    return int(about.removeprefix(LOG_REMOVED))


def _next(row: AuditRecord, before: bytes, keyring: Keyring, key: int) -> tuple[bytes, int]:
    """The chain after a record, and the place of the master key that made it: never an older one.

    Who has an old key could otherwise forge what was done since it was changed.
    """
    try:
        links = tuple(keyring.chains(before, as_record(row).as_bytes()))
    except ValueError:
        raise AuditBrokenError(f"Post {row.number} är ändrad.") from None
    # A detail that retention has removed is gone, and its hash remains.
    kept = row.detail_sealed is None or row.detail_hash == hash_detail(row.detail_sealed)
    if kept:
        for place in range(key, len(links)):
            if hmac.compare_digest(row.chain, links[place]):
                return row.chain, place
    raise AuditBrokenError(f"Post {row.number} är ändrad.")
