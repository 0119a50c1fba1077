"""What must hold between municipalities: a name means one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.answers.knowledge import Municipality
from services.answers.yaml_lines import Document, Fault, Place
from services.vocabulary import MunicipalityId


def check_places(
    municipalities: Mapping[MunicipalityId, Municipality],
    origins: Mapping[tuple[str, str], tuple[Document, Place]],
) -> Iterator[Fault]:
    """Names that would mean two municipalities; the later file, by its name, has the fault."""
    taken: dict[str, Municipality] = {}
    for one in sorted(municipalities.values(), key=lambda each: each.id):
        document, _ = origins["Municipality", one.id]
        named: list[tuple[Place, str]] = [(("namn",), one.name)]
        named += [(("stadsdelar", at), district) for at, district in enumerate(one.districts)]
        for place, name in named:
            other = taken.setdefault(name.casefold(), one)
            if other.id != one.id:
                what = f"{name} står redan i {other.id}.yml; ta bort det ur den ena filen"
                yield document.fault(place, what)
