from typing import Any

import pytest
from coffee_shop.lake.handovers import handover_words

TEN = (10, 20, "40.00")
ONE = (1, 2, "4.00")
NOTHING = (0, 0, "0.00")
FIX = "corrections/day.csv"


def handover(from_key: str, before: tuple[int, int, str], to_key: str, after: tuple[int, int, str]) -> Any:
    names = ("receipts", "rows", "amount")
    figures = {f"{name}_before": each for name, each in zip(names, before, strict=True)}
    figures |= {f"{name}_after": each for name, each in zip(names, after, strict=True)}
    place = {"dataset": "sales_reciept", "day": "2019-04-01", "outlet": "3"}
    return place | figures | {"from_key": from_key, "to_key": to_key}


@pytest.mark.parametrize(
    ("from_key", "before", "to_key", "after", "says"),
    [
        ("day.csv", TEN, FIX, ONE, f"from day.csv (10 receipts, 40.00) to {FIX} (1 receipt, 4.00)"),
        (FIX, TEN, FIX, ONE, f"{FIX}: 10 receipts, 40.00 before, 1 receipt, 4.00 now"),
        (FIX, TEN, "", NOTHING, f"{FIX}: 10 receipts, 40.00 before, nothing now"),
        ("", NOTHING, FIX, ONE, f"{FIX}: nothing before, 1 receipt, 4.00 now"),
        # the upgrade of a ledger that knew no receipts
        (
            "b.csv",
            (0, 1, "3.00"),
            "a.csv + b.csv",
            TEN,
            "from b.csv (1 row, 3.00) to a.csv + b.csv (10 receipts, 40.00)",
        ),
    ],
)
def test_a_hand_over_says_who_held_what_before_and_now(
    from_key: str, before: tuple[int, int, str], to_key: str, after: tuple[int, int, str], says: str
) -> None:
    assert handover_words(handover(from_key, before, to_key, after)) == (
        f"sales_reciept of outlet 3 on 2019-04-01: {says}"
    )
