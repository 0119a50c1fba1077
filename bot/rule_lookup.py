"""Rules are looked up by what the caller meant, in place of trying every one of them.

Rasa 3.6.21 tries each learnt rule (352 of ours) against the newest state, twice a turn or more:
a quarter of what a turn costs (measured). But a rule that names an intent fits no other, so that
few need trying.
"""

from __future__ import annotations

import json
from typing import Optional

from rasa.core.policies.rule_policy import SHOULD_NOT_BE_SET, RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import INTENT

Lookup = dict[str, str]

_try_every = RulePolicy._get_possible_keys  # noqa: SLF001 - Rasa has no seam for it


class _ByIntent:
    """The keys of a lookup by the intent that their newest state names; ``None`` for any."""

    def __init__(self, lookup: Lookup) -> None:
        # Kept too: while it is, no other can have its identity.
        self.lookup = lookup
        self._keys: dict[Optional[str], list[str]] = {None: []}
        for key in lookup:
            newest = json.loads(key)[-1]
            self._keys.setdefault(_intent_of_rule(newest), []).append(key)

    def keys(self, intent: Optional[str]) -> list[str]:
        """Every key that may fit the intent, and some that don't."""
        return self._keys[None] + (self._keys.get(intent, []) if intent else [])


def look_rules_up_by_intent() -> None:
    """Do so from now on."""
    RulePolicy._get_possible_keys = _possible_keys  # noqa: SLF001 - as above


def _possible_keys(policy: RulePolicy, lookup: Lookup, states: list[State]) -> set[str]:
    if not states:
        return _try_every(policy, lookup, states)
    indexes = policy.__dict__.setdefault("_by_intent", {})
    index = indexes.get(id(lookup))
    if index is None:
        index = indexes[id(lookup)] = _ByIntent(lookup)
    intent = states[-1].get(USER, {}).get(INTENT)
    return _try_every(policy, dict.fromkeys(index.keys(intent), ""), states)


def _intent_of_rule(newest: State) -> Optional[str]:
    # A state without an action before it is the conversation's first, and fits any other first one.
    if not newest.get(PREVIOUS_ACTION):
        return None
    intent = newest.get(USER, {}).get(INTENT)
    return intent if intent and intent != SHOULD_NOT_BE_SET else None
