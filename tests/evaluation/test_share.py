"""A share tells how sure it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.share import Share

shares = st.integers(1, 2000).flatmap(lambda n: st.integers(0, n).map(lambda hits: Share(hits, n)))


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
        (Share(81, 263), 0.2553, 0.3662),
        (Share(15, 148), 0.0624, 0.1605),
        (Share(0, 20), 0.0, 0.1611),
        (Share(1, 29), 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilson_s(share: Share, low: float, high: float) -> None:
    assert share.interval == pytest.approx((low, high), abs=5e-5)


@given(shares)
def test_the_interval_holds_the_ratio_and_stays_between_0_and_1(share: Share) -> None:
    low, high = share.interval
    assert 0 <= low <= share.ratio + 1e-12
    assert share.ratio - 1e-12 <= high <= 1


@given(shares)
def test_more_messages_make_a_narrower_interval(share: Share) -> None:
    low, high = share.interval
    surer_low, surer_high = Share(share.hits * 4, share.n * 4).interval
    assert surer_high - surer_low < high - low
