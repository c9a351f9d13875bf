from datetime import date

from coffee_shop.report.tie_out import differences, message


def ledger(**days):
    return {
        "days": {
            "sales_reciept": {
                day.replace("_", "-").removeprefix("d"): {
                    outlet: {"rows": rows, "quantity": quantity, "amount": amount}
                    for outlet, (rows, quantity, amount) in outlets.items()
                }
                for day, outlets in days.items()
            }
        }
    }


def row(day, outlet, lines, items, income):
    return {
        "business_date": date.fromisoformat(day),
        "salesoutletno": outlet,
        "lines": lines,
        "items": items,
        "income": income,
    }


PUBLISHED = ledger(
    d2019_04_23={"3": (1, 1, "2.00")},
    d2019_04_24={"3": (2, 3, "453.35"), "5": (1, 1, "3.00")},
    d2019_04_25={"3": (1, 1, "2.00")},
)
THIRD, FIFTH = row("2019-04-24", "3", 2, 3, "453.35"), row("2019-04-24", "5", 1, 1, "3.00")


def test_the_lake_holds_what_was_published():
    of_a_category = row("2019-04-24", None, 3, 4, "456.35")
    day_before = row("2019-04-23", "3", 9, 9, "9.00")

    assert differences(PUBLISHED, "2019-04-24", "2019-04-24", [day_before, THIRD, FIFTH, of_a_category]) == []


def test_a_day_that_is_gone_from_the_lake_one_with_other_figures_and_one_that_nobody_published():
    rows = [FIFTH | {"income": "2.50"}, row("2019-04-25", "3", 1, 1, "2.00"), row("2019-04-25", "8", 1, 1, "9.00")]

    assert differences(PUBLISHED, "2019-04-24", "2019-04-25", rows) == [
        "2019-04-24, outlet 3: 2 lines, 3 items, 453.35 were published, the lake has nothing",
        "2019-04-24, outlet 5: 1 lines, 1 items, 3.00 were published, the lake has 1 lines, 1 items, 2.50",
        "2019-04-25, outlet 8: nothing were published, the lake has 1 lines, 1 items, 9.00",
    ]


def test_the_message_names_days_and_amounts_and_how_to_build_them_again():
    words = message("load-7", differences(PUBLISHED, "2019-04-23", "2019-04-24", [FIFTH]))

    assert "load load-7 published" in words
    assert "2019-04-24, outlet 3: 2 lines, 3 items, 453.35" in words
    assert "reload_from 2019-04-23 and reload_to 2019-04-24" in words
