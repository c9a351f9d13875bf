"""Who holds a day (contract 3.2): rank, handovers, and that the order of loading does not matter."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from coffee_shop_jobs.columns import PREFIXES, SALES, TARGETS
from coffee_shop_jobs.load_state import empty_ledger
from coffee_shop_jobs.ownership import Delivery, days_after, decide, holders, rank
from hypothesis import given, settings
from hypothesis import strategies as st

PREFIX = PREFIXES[SALES]
NOON = datetime(2019, 4, 24, 12, tzinfo=UTC)


def claim(rows=10, amount="30.00", digest="d"):
    return [rows, rows, amount, digest]


def delivery(key, claims, minutes=0, version="v1"):
    return Delivery(PREFIX + key, version, NOON + timedelta(minutes=minutes), claims)


def holding(given_delivery):
    return {
        "version_id": given_delivery.version_id,
        "last_modified": given_delivery.last_modified.isoformat(),
        "claims": given_delivery.claims,
    }


def plan():
    return {"load_id": "load", "made_at": "2019-04-24T13:00:00+00:00", "settings": {"handover_share": 0.5}}


def publish(ledger, dataset, accepted, withdraw, decision):
    """What the DAG's publish task does with a decision."""
    new = copy.deepcopy(ledger)
    files = new["files"][dataset]
    for key, found in accepted.items():
        files[key] = {"holding": holding(found), "withdrawn": None}
    for key in withdraw:
        files[key] = {"holding": None, "withdrawn": {"run_id": "r", "at": "now"}}
    for day, outlets in decision.days.items():
        new["days"][dataset][day] = outlets
        if not outlets:
            del new["days"][dataset][day]
    return new


def load(ledger, *deliveries, withdraw=(), forced=(), dataset=SALES):
    """One load: returns the decision and the ledger after it."""
    accepted = {found.key: found for found in deliveries}
    decision = decide(ledger, dataset, accepted, withdraw, forced, plan())
    return decision, publish(ledger, dataset, accepted, withdraw, decision)


def held(decision):
    return {(day, outlet): found.key for day, outlets in decision.holders.items() for outlet, found in outlets.items()}


# --- rank


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (("a.csv", 0), ("a.csv", 1)),
        (("b.csv", 0), ("a.csv", 1)),
        (("a.csv", 0), ("b.csv", 0)),
        (("z.csv", 9), ("corrections/a.csv", 0)),
        (("z.csv", 9), ("2019/corrections/a.csv", 0)),
        (("corrections/a.csv", 0), ("corrections/a.csv", 1)),
        (("corrections.csv", 9), ("corrections/a.csv", 0)),
        (("my-corrections/a.csv", 9), ("corrections/a.csv", 0)),
    ],
)
def test_corrections_rank_above_all_then_the_newest_upload_then_the_greater_key(lower, higher):
    def standing(key, minutes):
        return rank(PREFIX + key, NOON + timedelta(minutes=minutes), PREFIX)

    assert standing(*lower) < standing(*higher)


def test_each_outlet_of_a_day_has_its_own_holder():
    found = holders(
        [
            delivery("month.csv", {"2019-04-01": {"3": claim(), "5": claim()}, "2019-04-02": {"3": claim()}}, 0),
            delivery("day.csv", {"2019-04-01": {"5": claim(rows=9)}}, 1),
        ],
        PREFIX,
    )

    assert {(day, outlet): (f.key, f.rows) for day, outlets in found.items() for outlet, f in outlets.items()} == {
        ("2019-04-01", "3"): (PREFIX + "month.csv", 10),
        ("2019-04-01", "5"): (PREFIX + "day.csv", 9),
        ("2019-04-02", "3"): (PREFIX + "month.csv", 10),
    }


# --- loads


def test_a_first_load_touches_and_changes_every_day_and_hands_nothing_over():
    decision, _ = load(empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim()}, "2019-04-02": {"3": claim()}}))

    assert decision.touched == decision.changed == ["2019-04-01", "2019-04-02"]
    assert decision.handovers == []
    assert decision.days["2019-04-01"]["3"] == {
        "key": PREFIX + "a.csv",
        "version_id": "v1",
        "rows": 10,
        "quantity": 10,
        "amount": "30.00",
    }


def test_a_key_uploaded_again_touches_only_the_days_whose_rows_differ():
    _, ledger = load(empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim()}, "2019-04-02": {"3": claim()}}))

    decision, ledger = load(
        ledger,
        delivery(
            "a.csv",
            {"2019-04-01": {"3": claim()}, "2019-04-02": {"3": claim(11, digest="e")}, "2019-04-03": {"3": claim()}},
            minutes=1,
            version="v2",
        ),
    )

    assert decision.touched == decision.changed == ["2019-04-02", "2019-04-03"]
    # the ledger still learns which version now holds the day that stays
    assert ledger["days"][SALES]["2019-04-01"]["3"]["version_id"] == "v2"
    assert decision.handovers == []


def test_a_day_that_changes_hands_with_the_same_rows_is_touched_but_not_changed():
    _, ledger = load(empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim()}}))

    decision, _ = load(ledger, delivery("b.csv", {"2019-04-01": {"3": claim()}}, minutes=1))

    assert decision.touched == ["2019-04-01"]
    assert decision.changed == []


def test_a_takeover_names_both_files_with_rows_and_amounts_and_tells_when_most_rows_are_lost():
    _, ledger = load(
        empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim(10, "30.00"), "5": claim(10, "30.00")}})
    )

    decision, _ = load(
        ledger, delivery("b.csv", {"2019-04-01": {"3": claim(4, "12.00", "e"), "5": claim(5, "15.00", "f")}}, minutes=1)
    )

    lost, kept = decision.handovers
    assert lost == {
        "load_id": "load",
        "at": "2019-04-24T13:00:00+00:00",
        "dataset": SALES,
        "day": "2019-04-01",
        "outlet": "3",
        "from_key": PREFIX + "a.csv",
        "to_key": PREFIX + "b.csv",
        "rows_before": 10,
        "rows_after": 4,
        "amount_before": "30.00",
        "amount_after": "12.00",
    }
    assert (kept["outlet"], kept["rows_after"]) == ("5", 5)
    assert decision.shrunk == [lost]


def test_a_key_that_gives_a_day_up_returns_it_to_the_next():
    _, ledger = load(empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim()}}))
    _, ledger = load(ledger, delivery("b.csv", {"2019-04-01": {"3": claim(9, digest="e")}}, minutes=1))

    decision, _ = load(ledger, delivery("b.csv", {"2019-04-02": {"3": claim()}}, minutes=2, version="v2"))

    assert held(decision) == {("2019-04-01", "3"): PREFIX + "a.csv", ("2019-04-02", "3"): PREFIX + "b.csv"}
    assert decision.touched == ["2019-04-01", "2019-04-02"]
    assert [(found["from_key"], found["to_key"]) for found in decision.handovers] == [
        (PREFIX + "b.csv", PREFIX + "a.csv")
    ]


def test_a_withdrawn_key_delivers_nothing_also_later_and_a_day_of_nobody_is_emptied():
    _, ledger = load(
        empty_ledger(),
        delivery("a.csv", {"2019-04-01": {"3": claim()}}),
        delivery("b.csv", {"2019-04-01": {"3": claim(digest="e")}, "2019-04-02": {"3": claim()}}, minutes=1),
    )

    decision, ledger = load(ledger, withdraw=[PREFIX + "b.csv"])

    assert held(decision) == {("2019-04-01", "3"): PREFIX + "a.csv"}
    assert decision.touched == decision.changed == ["2019-04-01", "2019-04-02"]
    assert decision.days["2019-04-02"] == {}
    later, _ = load(ledger, delivery("c.csv", {"2019-04-09": {"3": claim()}}, minutes=2))
    assert later.touched == ["2019-04-09"]


def test_a_correction_holds_its_day_against_a_later_upload_of_the_month():
    _, ledger = load(empty_ledger(), delivery("corrections/day.csv", {"2019-04-01": {"3": claim()}}))

    decision, _ = load(
        ledger, delivery("month.csv", {"2019-04-01": {"3": claim(99)}, "2019-04-02": {"3": claim()}}, minutes=1)
    )

    assert held(decision)["2019-04-01", "3"] == PREFIX + "corrections/day.csv"
    assert decision.touched == ["2019-04-02"]


def test_forced_days_are_built_again_also_when_nobody_holds_them():
    _, ledger = load(empty_ledger(), delivery("a.csv", {"2019-04-01": {"3": claim()}}))

    decision, _ = load(ledger, forced=["2019-04-01", "2019-04-07"])

    assert decision.touched == ["2019-04-01", "2019-04-07"]
    assert decision.changed == []
    assert decision.days == {"2019-04-01": ledger["days"][SALES]["2019-04-01"], "2019-04-07": {}}


def test_one_touched_month_of_targets_touches_all_because_their_table_is_one_object():
    key = PREFIXES[TARGETS] + "a.csv"
    first = Delivery(key, "v1", NOON, {"2019-04": {"3": claim()}, "2019-05": {"3": claim()}})
    _, ledger = load(empty_ledger(), first, dataset=TARGETS)
    second = Delivery(key, "v2", NOON, {"2019-04": {"3": claim()}, "2019-05": {"3": claim(digest="e")}})

    decision, ledger = load(ledger, second, dataset=TARGETS)
    unchanged, _ = load(ledger, Delivery(key, "v3", NOON, second.claims), dataset=TARGETS)

    assert decision.touched == ["2019-04", "2019-05"]
    assert decision.changed == ["2019-05"]
    assert unchanged.touched == []


def test_the_days_after_a_load_are_the_ledger_s_with_the_load_s_laid_over():
    ledger = empty_ledger()
    ledger["days"][SALES] = {"2019-04-01": {"3": {"rows": 1}}, "2019-04-02": {"3": {"rows": 2}}}
    result = {"days": {SALES: {"2019-04-02": {}, "2019-04-03": {"5": {"rows": 3}}}}}

    assert days_after(ledger, result)[SALES] == {"2019-04-01": {"3": {"rows": 1}}, "2019-04-03": {"5": {"rows": 3}}}


# --- the order of loading

KEYS = ("a.csv", "b.csv", "corrections/a.csv", "corrections/b.csv")
CLAIMS = st.dictionaries(
    st.sampled_from(["2019-04-01", "2019-04-02", "2019-04-03"]),
    st.dictionaries(
        st.sampled_from(["3", "5"]),
        st.builds(lambda rows, digest: claim(rows, digest=digest), st.integers(1, 9), st.sampled_from("xyz")),
        min_size=1,
    ),
)
UPLOADS = st.lists(st.tuples(st.sampled_from(KEYS), CLAIMS), min_size=1, max_size=8)


class Tables:
    """What the clean zone holds of each day, built as the jobs build it: only the days a load touches."""

    def __init__(self):
        self.ledger = empty_ledger()
        self.days = {}
        self.pending = set()

    def load(self, uploads, dies_after=None):
        """Load the newest version of each key; ``dies_after`` so many days nothing more is written or published."""
        newest = {found.key: found for found in uploads}
        decision = decide(self.ledger, SALES, newest, [], self.pending, plan())
        self.pending |= set(decision.touched)
        for number, day in enumerate(decision.touched):
            if number == dies_after:
                return
            outlets = decision.holders.get(day, {})
            self.days[day] = {outlet: (found.key, found.digest) for outlet, found in outlets.items()}
            if not outlets:
                del self.days[day]
        if dies_after is None:
            self.ledger = publish(self.ledger, SALES, newest, [], decision)
            self.pending = set()


def as_deliveries(uploads):
    return [delivery(key, claims, minutes=n, version=f"v{n}") for n, (key, claims) in enumerate(uploads)]


@given(UPLOADS, st.data())
@settings(max_examples=300, deadline=None)
def test_the_same_uploads_in_one_load_or_many_killed_or_not_give_the_same_tables(uploads, data):
    deliveries = as_deliveries(uploads)
    at_once, one_by_one, in_parts = Tables(), Tables(), Tables()
    at_once.load(deliveries)
    for found in deliveries:
        one_by_one.load([found])

    start = 0
    while start < len(deliveries):
        end = data.draw(st.integers(start + 1, len(deliveries)))
        deaths = data.draw(st.lists(st.integers(0, 3), max_size=2))
        for death in deaths:  # died and tried again, perhaps with more files by then
            in_parts.load(deliveries[start:end], dies_after=death)
        in_parts.load(deliveries[start:end])
        start = end

    assert one_by_one.days == at_once.days
    assert in_parts.days == at_once.days
    assert in_parts.ledger["days"] == at_once.ledger["days"]


@given(UPLOADS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_who_holds_a_day_depends_on_the_set_of_deliveries_alone(uploads, random):
    newest = list({found.key: found for found in as_deliveries(uploads)}.values())
    shuffled = newest[:]
    random.shuffle(shuffled)

    assert holders(newest, PREFIX) == holders(shuffled, PREFIX)


@given(UPLOADS)
@settings(max_examples=100, deadline=None)
def test_loading_the_same_versions_again_touches_nothing(uploads):
    deliveries = as_deliveries(uploads)
    tables = Tables()
    tables.load(deliveries)
    newest = {found.key: found for found in deliveries}

    again = decide(tables.ledger, SALES, newest, [], [], plan())

    assert (again.touched, again.changed, again.days, again.handovers) == ([], [], {}, [])
