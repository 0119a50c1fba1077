"""Whether an answer is TwiML that Twilio takes: known verbs and attributes, nested as allowed.

After https://www.twilio.com/docs/voice/twiml, as far as the service uses it.
"""

from __future__ import annotations

from xml.etree import ElementTree

CHILDREN = {
    "Response": {"Say", "Gather", "Dial", "Redirect", "Hangup", "Start", "Pause"},
    "Gather": {"Say", "Pause", "Play"},
    "Dial": {"Number"},
    "Start": {"Recording"},
    "Say": {"prosody", "break"},
}
ATTRIBUTES = {
    "Response": set(),
    "Say": {"language", "voice", "loop"},
    "prosody": {"rate", "pitch", "volume"},
    "Gather": {
        "action", "actionOnEmptyResult", "bargeIn", "finishOnKey", "hints", "input", "language",
        "method", "numDigits", "profanityFilter", "speechTimeout", "timeout",
    },
    "Dial": {"action", "answerOnBridge", "callerId", "method", "timeout"},
    "Number": {"method", "url"},
    "Redirect": {"method"},
    "Hangup": set(),
    "Start": set(),
    "Recording": set(),
}  # fmt: skip

VOICES = {("sv-SE", "Polly.Elin-Neural"), ("en-GB", "Polly.Amy-Neural")}


def assert_valid(answer: str) -> ElementTree.Element:
    """The root of an answer, if it is valid."""
    root = ElementTree.fromstring(answer)
    assert root.tag == "Response"
    _check(root)
    return root


def _check(element: ElementTree.Element) -> None:
    assert set(element.attrib) <= ATTRIBUTES[element.tag], (element.tag, element.attrib)
    if element.tag == "Say":
        assert (element.get("language"), element.get("voice")) in VOICES
        assert "".join(element.itertext()).strip()
    for child in element:
        assert child.tag in CHILDREN.get(element.tag, set()), (element.tag, child.tag)
        _check(child)
