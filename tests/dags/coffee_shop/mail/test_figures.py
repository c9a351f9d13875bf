from coffee_shop.mail.figures import figures_of_mail

from tests.dags.coffee_shop.report.report_samples import COMPARED, LAST_WEEK, WORDS, draft


def shown(**changes):
    return figures_of_mail(draft(compared=COMPARED | changes), WORDS)


def days(*incomes):
    """A trend of days from 2019-04-22; None for a day without sales."""
    return [
        {
            "start": f"2019-04-{day}",
            "end": f"2019-04-{day}",
            "complete": True,
            "figures": income and LAST_WEEK["figures"] | {"income": income},
        }
        for day, income in enumerate(incomes, start=22)
    ]


def test_a_tile_has_its_figure_change_and_bars():
    tiles = shown()["tiles"]

    assert [tile["label"] for tile in tiles] == [
        "Income",
        "Net income",
        "Transactions",
        "Items",
        "Average receipt",
        "By registered customers",
    ]
    assert tiles[0] == {
        "label": "Income",
        "text": "$600.00",
        "change": "+20.0% on 2019-W16",
        "direction": "up",
        "note": "",
        "bars": [{"height": 0, "kind": "full"}, {"height": 23, "kind": "full"}, {"height": 28, "kind": "pale"}],
    }
    assert (tiles[1]["direction"], tiles[2]["direction"], tiles[2]["change"]) == ("down", "", "same as 2019-W16")
    assert (tiles[5]["change"], tiles[5]["note"]) == ("+2.0 pts on 2019-W16", "45 of 90 transactions")


def test_a_figure_of_zero_has_no_bars():
    """Nobody sold an item in any of the weeks: bars of one pixel would show something."""
    items = shown()["tiles"][3]
    assert items["bars"] == []


def test_the_period_itself_is_the_dark_bar():
    trend = [span | {"complete": True} for span in COMPARED["trend"]]
    assert [bar["kind"] for bar in shown(trend=trend)["tiles"][0]["bars"]] == ["full", "full", "now"]


def test_what_the_bars_are_is_said():
    assert shown()["bars_caption"] == (
        "Small bars: the 3 weeks that end with this one, from 0; pale: some sales are missing; gap: no sales."
    )
    assert shown(trend=days("1.00", "2.00"))["bars_caption"] == "Small bars: each day of the period, from 0."
    assert shown(trend=[])["bars_caption"] == ""


def test_the_text_part_lists_what_the_bars_show_but_no_day_twice():
    assert shown()["trend"] == [
        {"span": "2019-04-08", "income": "no sales"},
        {"span": "2019-04-15", "income": "$500.00"},
        {"span": "2019-04-22", "income": "$600.00 (some sales are missing)"},
    ]
    assert shown(trend=days("1.00", "2.00"))["trend"] == []


def test_all_changes_on_all_bases():
    content = shown()
    assert content["comparison_headings"] == ["before 2019-W16", "a year before 2018-W17"]
    assert [(row["label"], row["changes"]) for row in content["comparison_rows"]][:2] == [
        ("Income", ["+20.0%", "n/a"]),
        ("Net income", ["\u221210.0%", "n/a"]),
    ]


def test_without_any_measure_there_is_a_reason_and_no_table():
    content = shown(comparisons=[LAST_WEEK | {"figures": None, "reason": "closed"}])
    assert content["comparison_rows"] == []
    assert content["notes_on_bases"] == ["Changes on 2019-W16 are n/a: the shop was closed."]


def test_best_and_worst_are_outlets_and_named_categories():
    assert shown()["best_and_worst"] == [
        {"label": "Best outlet", "name": "3 Astoria", "income": "$350.00"},
        {"label": "Worst outlet", "name": "8 Hell's <Kitchen>", "income": "$250.00"},
        {"label": "Best category", "name": "Coffee", "income": "$400.00"},
        {"label": "Worst category", "name": "Tea & <more>", "income": "$50.00"},
    ]


def test_one_alone_is_neither_best_nor_worst():
    categories = COMPARED["categories"][:2]  # the other one is NO INFO
    document = draft(compared=COMPARED | {"categories": categories})
    document["headline"]["worst_outlet"] = None
    assert figures_of_mail(document, WORDS)["best_and_worst"] == []


def test_without_data_nothing_is_shown():
    content = figures_of_mail(draft(status="no data"), WORDS)
    assert {name: value for name, value in content.items() if value} == {}
