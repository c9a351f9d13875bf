"""Which file counts for which receipt (contract 3.2), and that nothing depends on how loads took the uploads."""

import copy
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from coffee_shop.lake.documents import SALES, TARGETS
from coffee_shop.lake.ledger import PREFIXES, empty_ledger
from coffee_shop.lake.upgrade import upgraded
from coffee_shop_jobs.decision import days_after, decide_load
from coffee_shop_jobs.ownership import Content, Delivery, Source, judge
from hypothesis import given, settings
from hypothesis import strategies as st

PREFIX = PREFIXES[SALES]
NOON = datetime(2019, 4, 24, 12, tzinfo=UTC)
DAY = "2019-04-01"


def receipt(number="1", amount="3.00"):
    """A receipt of one row; its digest stands for the row, so another row has another one."""
    digest = hashlib.md5(f"{number}|{amount}".encode()).hexdigest()
    return Content(1, 1, 1, Decimal(amount), int(digest, 16))


def receipts(*numbers, amount="3.00"):
    return {number: receipt(number, amount) for number in numbers}


@dataclass
class Upload:
    """A version of a key: by day and outlet its receipts."""

    key: str
    days: dict
    minutes: int = 0
    version: str = "v1"
    accepted: bool = False

    def delivery(self):
        source = Source(PREFIX + self.key, self.version, NOON + timedelta(minutes=self.minutes), self.accepted)
        claims = {
            day: {outlet: sum(some.values(), Content()).as_json() for outlet, some in outlets.items()}
            for day, outlets in self.days.items()
        }
        return Delivery(source, claims)


@dataclass
class Lake:
    """A ledger, the receipts of all uploads, and what the tables hold, built as the jobs build them."""

    ledger: dict = field(default_factory=empty_ledger)
    contents: dict = field(default_factory=dict)  # by the id of a version: day, outlet, receipts
    tables: dict = field(default_factory=dict)  # by day and outlet: receipts
    pending: set = field(default_factory=set)

    def load(self, *uploads, withdraw=(), forced=(), dies_after=None, dataset=SALES):
        """One load of uploads in their order; returns the decision. It may die after so many days were replaced."""
        for upload in uploads:
            self.contents[upload.delivery().source.id] = upload.days
        gone = [PREFIX + key for key in withdraw]
        standing = {
            key: Delivery(
                Source(key, held["version_id"], datetime.fromisoformat(held["last_modified"])), held["claims"]
            )
            for key, file in self.ledger["files"][dataset].items()
            if (held := file["holding"]) and key not in gone
        }
        plan = {
            "load_id": "load",
            "made_at": "2019-04-24T13:00:00+00:00",
            "settings": {"kept_share": 0.9},
            "withdraw": {dataset: gone},
        }
        arrivals = [upload.delivery() for upload in uploads]
        again = self.pending | set(forced)
        decision = decide_load(self.ledger, dataset, standing, arrivals, again, plan, self._judge)
        self.pending |= set(decision.touched)
        for number, day in enumerate(decision.touched):
            if number == dies_after:
                return decision
            self._build(day, decision)
        if dies_after is None:
            self._publish(decision, gone, dataset)
        return decision

    def _judge(self, cases):
        return [
            judge(case, {one: self._at(one, *case.place) for one in self.contents}, Decimal("0.9")) for case in cases
        ]

    def _at(self, source_id, day, outlet):
        return self.contents[source_id].get(day, {}).get(outlet, {})

    def _build(self, day, decision):
        """Put a day in place: of each receipt the version of those with a share that ranks highest."""
        self.tables.pop(day, None)
        for outlet, entry in decision.shares.get(day, {}).items():
            sources = sorted((decision.counting[key].source for key in entry["keys"]), key=lambda source: source.rank)
            rows = {}
            for source in sources:
                rows |= {number: (source.key, row) for number, row in self._at(source.id, day, outlet).items()}
            self.tables.setdefault(day, {})[outlet] = rows

    def _publish(self, decision, gone, dataset):
        files = self.ledger["files"][dataset] = {key: {"holding": None} for key in gone}
        for key, each in decision.counting.items():
            version = {"version_id": each.source.version_id, "last_modified": each.source.last_modified.isoformat()}
            files[key] = {"holding": version | {"claims": each.claims}}
        self.ledger["days"][dataset] = copy.deepcopy(decision.shares)
        self.pending = set()


def held(decision, day=DAY, outlet="3"):
    """What each key has of a day of an outlet: receipts and amount."""
    keys = decision.shares.get(day, {}).get(outlet, {"keys": {}})["keys"]
    return {key.removeprefix(PREFIX): (share["receipts"], share["amount"]) for key, share in keys.items()}


def told(decision):
    """The hand-overs: outlet, key, receipts and amount before, and the same after."""
    return [
        (
            each["outlet"],
            (each["from_key"].replace(PREFIX, ""), each["receipts_before"], each["amount_before"]),
            (each["to_key"].replace(PREFIX, ""), each["receipts_after"], each["amount_after"]),
        )
        for each in decision.handovers
    ]


# --- files add up


def test_two_registers_of_an_outlet_add_up():
    decision = Lake().load(
        Upload("register-1.csv", {DAY: {"3": receipts("1|08:00:00", "2|08:05:00")}}),
        Upload("register-2.csv", {DAY: {"3": receipts("1|08:01:00", "2|08:07:00", "3|08:09:00")}}, minutes=1),
    )

    assert held(decision) == {"register-1.csv": (2, "6.00"), "register-2.csv": (3, "9.00")}
    assert decision.shares[DAY]["3"]["receipts"] == 5
    assert decision.handovers == []


def test_late_lines_of_the_day_before_add_to_it_and_a_receipt_in_two_files_counts_once():
    lake = Lake()
    lake.load(Upload("13th.csv", {DAY: {"3": receipts("1", "2", "3")}}))

    decision = lake.load(
        Upload("14th.csv", {DAY: {"3": receipts("3", "4")}, "2019-04-02": {"3": receipts("1")}}, minutes=1)
    )

    assert held(decision) == {"13th.csv": (2, "6.00"), "14th.csv": (2, "6.00")}
    assert decision.handovers == []  # receipt 3 is the same in both
    assert decision.touched == decision.changed == [DAY, "2019-04-02"]


@pytest.mark.parametrize(
    ("lower", "higher"),
    [(("b.csv", 0), ("a.csv", 1)), (("a.csv", 0), ("b.csv", 0)), (("corrections.csv", 0), ("a.csv", 1))],
)
def test_of_a_receipt_in_several_files_the_newest_upload_counts_then_the_greater_key(lower, higher):
    uploads = [Upload(lower[0], {DAY: {"3": receipts("1")}}, lower[1])]
    uploads.append(Upload(higher[0], {DAY: {"3": receipts("1", amount="4.00")}}, higher[1]))

    decision = Lake().load(*uploads)

    assert held(decision) == {higher[0]: (1, "4.00")}
    [handover] = decision.handovers
    assert handover == {
        "load_id": "load",
        "at": "2019-04-24T13:00:00+00:00",
        "dataset": SALES,
        "day": DAY,
        "outlet": "3",
        "from_key": PREFIX + lower[0],
        "to_key": PREFIX + higher[0],
        "receipts_before": 1,
        "receipts_after": 1,
        "rows_before": 1,
        "rows_after": 1,
        "amount_before": "3.00",
        "amount_after": "4.00",
    }


@pytest.mark.parametrize("folder", ["corrections/", "2019/corrections/", "Corrections/", "CORRECTIONS/2019/"])
def test_a_correction_counts_alone_for_the_days_that_it_names_also_against_later_uploads(folder):
    lake = Lake()
    lake.load(Upload("month.csv", {DAY: {"3": receipts("1", "2"), "5": receipts("1")}}))

    corrected = lake.load(Upload(f"{folder}first.csv", {DAY: {"3": receipts("1", amount="1.00")}}, minutes=1))
    later = lake.load(Upload("late.csv", {DAY: {"3": receipts("9")}}, minutes=2))

    assert held(corrected) == held(later) == {f"{folder}first.csv": (1, "1.00")}
    assert held(later, outlet="5") == {"month.csv": (1, "3.00")}
    assert [(each["from_key"], each["receipts_before"], each["receipts_after"]) for each in corrected.handovers] == [
        (PREFIX + "month.csv", 2, 1)
    ]
    assert later.touched == []


# --- what a load changed is named, as the tables stand before and after it

TEN = receipts(*"0123456789")
FIX = "corrections/day.csv"


@pytest.mark.parametrize(
    ("second", "after"),
    [
        ({DAY: {"3": receipts("0", amount="4.00")}}, (FIX, 1, "4.00")),  # cut off
        ({DAY: {"3": receipts(*"0123456789a", amount="4.00")}}, (FIX, 11, "44.00")),
        ({"2019-04-02": {"5": receipts("0")}}, ("day.csv", 10, "30.00")),  # no longer names the day
        ({}, ("day.csv", 10, "30.00")),  # a header and no rows
    ],
)
def test_a_correction_that_is_uploaded_again_names_what_it_changed(second, after):
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": TEN}}))
    lake.load(Upload(FIX, {DAY: {"3": receipts(*"0123456789", amount="4.00")}}, 1))

    decision = lake.load(Upload(FIX, second, 2, "v2"))

    assert decision.held_back == {}
    assert [each for each in told(decision) if each[0] == "3"] == [("3", (FIX, 10, "40.00"), after)]


@pytest.mark.parametrize("second", [{"2019-04-02": {"3": receipts("0")}}, {}])
def test_a_day_that_only_a_correction_had_is_named_when_it_vanishes(second):
    lake = Lake()
    first = lake.load(Upload(FIX, {DAY: {"3": TEN}}))

    decision = lake.load(Upload(FIX, second, 1, "v2"))

    assert told(first) == [("3", ("", 0, "0.00"), (FIX, 10, "30.00"))]
    assert held(decision) == {}
    assert told(decision)[0] == ("3", (FIX, 10, "30.00"), ("", 0, "0.00"))


def test_a_correction_with_the_same_rows_names_nothing():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": TEN}}))

    same = lake.load(Upload(FIX, {DAY: {"3": TEN}}, 1))
    again = lake.load(Upload(FIX, {DAY: {"3": TEN}}, 2, "v2"))

    assert (same.handovers, again.handovers) == ([], [])


def test_of_two_versions_of_a_correction_in_one_load_the_last_is_named():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": TEN}}))

    decision = lake.load(
        Upload(FIX, {DAY: {"3": receipts(*"0123456789", amount="4.00")}}, 1),
        Upload(FIX, {DAY: {"3": receipts("0", amount="4.00")}}, 2, "v2"),
    )

    assert told(decision) == [("3", ("day.csv", 10, "30.00"), (FIX, 1, "4.00"))]


def test_a_correction_that_comes_and_goes_in_one_load_hides_nothing_that_shrank_behind_it():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": TEN}}))

    decision = lake.load(
        Upload(FIX, {DAY: {"3": TEN}}, 1),
        Upload("day.csv", {DAY: {"3": receipts("0")}}, 2, "v2"),
        Upload(FIX, {}, 3, "v2"),
    )

    assert decision.held_back == {}
    assert told(decision) == [("3", ("day.csv", 10, "30.00"), ("day.csv", 1, "3.00"))]


def test_a_correction_that_is_withdrawn_names_what_the_day_has_without_it():
    lake = Lake()
    lake.load(
        Upload("day.csv", {DAY: {"3": receipts("1"), "5": receipts("1")}}),
        Upload("late.csv", {DAY: {"3": receipts("2")}}, 1),
    )
    lake.load(Upload(FIX, {DAY: {"3": receipts("1", amount="4.00"), "8": receipts("1")}}, 2))

    decision = lake.load(withdraw=[FIX])

    assert told(decision) == [
        ("3", (FIX, 1, "4.00"), ("day.csv + late.csv", 2, "6.00")),
        ("8", (FIX, 1, "3.00"), ("", 0, "0.00")),
    ]


def test_of_two_uploads_of_a_key_in_one_load_the_last_is_named():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": receipts("1", "2")}}))

    decision = lake.load(
        Upload("b.csv", {DAY: {"3": receipts("1", amount="50.00")}}, 1),
        Upload("b.csv", {DAY: {"3": receipts("1", amount="51.00")}}, 2, "v2"),
    )

    assert told(decision) == [("3", ("day.csv", 1, "3.00"), ("b.csv", 1, "51.00"))]


def test_a_receipt_that_comes_back_in_the_same_load_as_it_was_is_not_named():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": TEN}}))

    decision = lake.load(
        Upload("b.csv", {DAY: {"3": receipts("1", amount="5.00")}}, 1),
        Upload("c.csv", {DAY: {"3": receipts("1")}}, 2),
    )

    assert decision.handovers == []


def test_a_key_that_is_withdrawn_while_another_takes_its_receipt_over_is_named_with_what_the_tables_had():
    lake = Lake()
    lake.load(
        Upload("day.csv", {DAY: {"3": receipts("1")}}),
        Upload("b.csv", {DAY: {"3": receipts("1", amount="4.00")}}, 1),
    )

    decision = lake.load(Upload("c.csv", {DAY: {"3": receipts("1", amount="5.00")}}, 2), withdraw=["b.csv"])

    assert told(decision) == [("3", ("b.csv", 1, "4.00"), ("c.csv", 1, "5.00"))]


# --- nothing shrinks unseen


def test_a_file_that_is_cut_off_is_held_back_until_it_is_accepted():
    lake = Lake()
    full = {DAY: {"3": receipts(*"0123456789")}, "2019-04-02": {"3": receipts(*"0123456789")}}
    lake.load(Upload("june.csv", full))
    cut = Upload("june.csv", {DAY: full[DAY], "2019-04-02": {"3": receipts(*"01234")}}, 1, "v2")

    decision = lake.load(cut)

    assert decision.held_back == {
        cut.delivery().source.id: (
            "outlet 3 on 2019-04-02 has 10 receipts, 30.00 and would be left with 5 receipts, 15.00. An upload that "
            "leaves a day with less than 90 % of its receipts or amount is held back: upload a complete file, or "
            "accept this one in the load's form"
        )
    }
    assert (decision.touched, held(decision, "2019-04-02")) == ([], {"june.csv": (10, "30.00")})

    cut.accepted = True
    accepted = lake.load(cut)
    assert (accepted.touched, held(accepted, "2019-04-02")) == (["2019-04-02"], {"june.csv": (5, "15.00")})


@pytest.mark.parametrize(
    ("second", "is_held_back"),
    [
        ({DAY: {"3": receipts(*"012345678")}}, False),  # nine of ten
        ({DAY: {"3": receipts(*"01234567")}}, True),
        ({DAY: {"3": receipts(*"0123456789", amount="2.70")}}, False),
        ({DAY: {"3": receipts(*"0123456789", amount="2.69")}}, True),
        ({"2019-04-02": {"3": receipts("1")}}, True),  # gives the day up
        ({}, True),  # a header and no rows
    ],
)
def test_what_is_left_of_a_day_must_be_nine_tenths_of_its_receipts_and_of_its_amount(second, is_held_back):
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": receipts(*"0123456789")}}))

    decision = lake.load(Upload("day.csv", second, 1, "v2"))

    assert bool(decision.held_back) is is_held_back


@pytest.mark.parametrize(
    ("before", "after", "is_held_back"),
    [
        ("0.00", "0.00", False),
        ("0.00", "5.00", False),
        ("0.00", "-0.01", True),
        ("-3.00", "-3.00", False),
        ("-3.00", "-2.00", False),
        ("-3.00", "-3.01", True),
        ("-3.00", "-30.00", True),
        ("3.00", "-3.00", True),
    ],
)
def test_a_day_that_has_no_amount_or_one_below_zero_must_not_fall_below_it(before, after, is_held_back):
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": receipts(*"01", amount=before)}}))

    decision = lake.load(Upload("day.csv", {DAY: {"3": receipts(*"01", amount=after)}}, 1, "v2"))

    assert bool(decision.held_back) is is_held_back


def test_another_file_that_takes_most_of_a_day_s_amount_is_held_back_and_a_correction_is_not():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": receipts("1", "2")}}))
    less = {DAY: {"3": receipts("1", "2", amount="0.50")}}

    assert lake.load(Upload("other.csv", less, 1)).held_back
    decision = lake.load(Upload("corrections/day.csv", less, 2))

    assert (decision.held_back, held(decision)) == ({}, {"corrections/day.csv": (2, "1.00")})


def test_what_follows_a_held_back_upload_is_judged_without_it():
    lake = Lake()
    lake.load(Upload("day.csv", {DAY: {"3": receipts(*"0123456789")}}))

    decision = lake.load(
        Upload("day.csv", {DAY: {"3": receipts("1")}}, 1, "v2"),
        Upload("late.csv", {DAY: {"3": receipts("a", "b")}}, 2),
        Upload("day.csv", {DAY: {"3": receipts(*"012345678")}}, 3, "v3"),
    )

    assert len(decision.held_back) == 1
    assert held(decision) == {"day.csv": (9, "27.00"), "late.csv": (2, "6.00")}


# --- loads


def test_a_key_uploaded_again_touches_only_the_days_whose_rows_differ():
    lake = Lake()
    lake.load(Upload("a.csv", {DAY: {"3": receipts("1")}, "2019-04-02": {"3": receipts("1")}}))

    days = {DAY: {"3": receipts("1")}, "2019-04-02": {"3": receipts("1", "2")}, "2019-04-03": {"3": receipts("1")}}
    decision = lake.load(Upload("a.csv", days, 1, "v2"))

    assert decision.touched == decision.changed == ["2019-04-02", "2019-04-03"]
    # the ledger still learns which version now holds the day that stays
    assert lake.ledger["days"][SALES][DAY]["3"]["keys"][PREFIX + "a.csv"]["version_id"] == "v2"
    assert decision.handovers == []


def test_a_day_that_changes_hands_with_the_same_rows_is_touched_but_not_changed():
    lake = Lake()
    lake.load(Upload("a.csv", {DAY: {"3": receipts("1")}}))

    decision = lake.load(Upload("b.csv", {DAY: {"3": receipts("1")}}, 1))

    assert (decision.touched, decision.changed, decision.handovers) == ([DAY], [], [])


def test_a_withdrawn_key_delivers_nothing_also_later_and_a_day_of_nobody_is_emptied():
    lake = Lake()
    lake.load(
        Upload("a.csv", {DAY: {"3": receipts("1")}}),
        Upload("b.csv", {DAY: {"3": receipts("1", amount="4.00")}, "2019-04-02": {"3": receipts("1")}}, 1),
    )

    decision = lake.load(withdraw=["b.csv"])

    assert held(decision) == {"a.csv": (1, "3.00")}
    assert decision.touched == decision.changed == [DAY, "2019-04-02"]
    assert decision.days["2019-04-02"] == {}
    assert [(each["from_key"], each["to_key"]) for each in decision.handovers] == [(PREFIX + "b.csv", PREFIX + "a.csv")]
    assert lake.load(Upload("c.csv", {"2019-04-09": {"3": receipts("1")}}, 2)).touched == ["2019-04-09"]


def test_forced_days_are_built_again_also_when_nobody_holds_them():
    lake = Lake()
    lake.load(Upload("a.csv", {DAY: {"3": receipts("1")}}))
    before = copy.deepcopy(lake.ledger["days"][SALES])

    decision = lake.load(forced=[DAY, "2019-04-07"])

    assert (decision.touched, decision.changed) == ([DAY, "2019-04-07"], [])
    assert decision.days == {DAY: before[DAY], "2019-04-07": {}}


def test_one_touched_month_of_targets_touches_all_because_their_table_is_one_object():
    lake = Lake()
    goals = {"2019-04": {"3": {"": receipt(amount="9.00")}}, "2019-05": {"3": {"": receipt(amount="9.00")}}}
    lake.load(Upload("a.csv", goals), dataset=TARGETS)
    others = goals | {"2019-05": {"3": {"": receipt(amount="10.00")}}}

    decision = lake.load(Upload("a.csv", others, 1, "v2"), dataset=TARGETS)
    unchanged = lake.load(Upload("a.csv", others, 2, "v3"), dataset=TARGETS)

    assert decision.touched == ["2019-04", "2019-05"]
    assert decision.changed == ["2019-05"]
    assert unchanged.touched == []


def test_a_goal_may_be_lowered_and_does_not_vanish():
    lake = Lake()
    goals = {"2019-04": {"3": {"": receipt(amount="9.00")}}, "2019-05": {"3": {"": receipt(amount="9.00")}}}
    lake.load(Upload("a.csv", goals), dataset=TARGETS)

    lower = lake.load(
        Upload("a.csv", goals | {"2019-05": {"3": {"": receipt(amount="1.00")}}}, 1, "v2"), dataset=TARGETS
    )
    without = lake.load(Upload("a.csv", {"2019-04": goals["2019-04"]}, 2, "v3"), dataset=TARGETS)

    assert (lower.held_back, lower.changed) == ({}, ["2019-05"])
    assert list(without.held_back) == [Upload("a.csv", {}, 2, "v3").delivery().source.id]


def test_an_upgrade_names_the_days_whose_figures_move_because_files_add_up():
    ledger = empty_ledger() | {"format": 1}
    standing = {}
    for number, (key, minutes) in enumerate((("a.csv", 0), ("b.csv", 1))):
        upload = Upload(key, {DAY: {"3": receipts(str(number))}}, minutes)
        standing[PREFIX + key] = upload.delivery()
        old = {
            "version_id": "v1",
            "last_modified": "2019-04-24T12:00:00+00:00",
            "claims": {DAY: {"3": [1, 1, "3.00", "0" * 32]}},
        }
        ledger["files"][SALES][PREFIX + key] = {"holding": old}
    # the newer file held the day whole
    whole = {"key": PREFIX + "b.csv", "version_id": "v1", "rows": 1, "quantity": 1, "amount": "3.00"}
    ledger["days"][SALES][DAY] = {"3": whole}
    plan = {"load_id": "l", "made_at": "now", "settings": {"kept_share": 0.9}, "withdraw": {}}
    rows = {each.source.id: receipts(str(number)) for number, each in enumerate(standing.values())}

    def judge_all(cases):
        return [judge(case, rows, Decimal("0.9")) for case in cases]

    decision = decide_load(upgraded(ledger), SALES, standing, [], [], plan, judge_all)

    [moved] = decision.handovers
    assert (moved["from_key"], moved["to_key"]) == (PREFIX + "b.csv", f"{PREFIX}a.csv + {PREFIX}b.csv")
    assert (moved["amount_before"], moved["amount_after"]) == ("3.00", "6.00")


def test_a_ledger_that_does_not_know_receipts_has_all_its_days_built_again_and_none_is_said_to_have_changed():
    lake = Lake()
    lake.load(Upload("a.csv", {DAY: {"3": receipts("1", "2")}, "2019-04-02": {"3": receipts("1")}}))
    as_now = copy.deepcopy(lake.ledger)
    for day, outlets in lake.ledger["days"][SALES].items():  # as the version before this one wrote it
        for outlet, entry in outlets.items():
            claims = lake.ledger["files"][SALES][PREFIX + "a.csv"]["holding"]["claims"]
            claims[day][outlet] = [entry["rows"], entry["quantity"], entry["amount"], entry["digest"]]
            totals = {name: entry[name] for name in ("rows", "quantity", "amount")}
            outlets[outlet] = {"key": PREFIX + "a.csv", "version_id": "v1"} | totals
    standing = {PREFIX + "a.csv": Upload("a.csv", {DAY: {"3": receipts("1", "2")}, "2019-04-02": {"3": receipts("1")}})}
    plan = {"load_id": "l", "made_at": "now", "settings": {"kept_share": 0.9}, "withdraw": {}}

    ledger = upgraded(lake.ledger | {"format": 1})
    decision = decide_load(
        ledger, SALES, {key: each.delivery() for key, each in standing.items()}, [], [], plan, lake._judge
    )

    assert (decision.touched, decision.changed) == ([DAY, "2019-04-02"], [])
    assert decision.days == as_now["days"][SALES]


def test_the_days_after_a_load_are_the_ledger_s_with_the_load_s_laid_over():
    ledger = empty_ledger()
    ledger["days"][SALES] = {DAY: {"3": {"rows": 1}}, "2019-04-02": {"3": {"rows": 2}}}
    result = {"days": {SALES: {"2019-04-02": {}, "2019-04-03": {"5": {"rows": 3}}}}}

    assert days_after(ledger, result)[SALES] == {DAY: {"3": {"rows": 1}}, "2019-04-03": {"5": {"rows": 3}}}


# --- small worlds, against a plain model that uses nothing of the program

KEYS = ("register-1.csv", "register-2.csv", "month.csv", "corrections/a.csv", "corrections/b.csv")
RECEIPTS = st.dictionaries(st.sampled_from("123456"), st.sampled_from(["1.00", "3.00", "0.00", "-1.00"]), min_size=1)
DAYS = st.dictionaries(
    st.sampled_from([DAY, "2019-04-02"]), st.dictionaries(st.sampled_from("35"), RECEIPTS, min_size=1)
)
UPLOADS = st.lists(st.tuples(st.sampled_from(KEYS), DAYS), min_size=1, max_size=8)


class Model:
    """What the tables must hold: uploads one after the other, plain dictionaries."""

    def __init__(self):
        self.counting = {}  # key -> (position, days)
        self.held_back = {}
        self.begin()

    def begin(self):
        """A load begins: what the tables hold, and what each receipt was when it was first held."""
        self.before = self.tables(self.counting)
        self.first, self.corrected = {}, set()
        self.look()

    def look(self):
        for place, held in self.tables(self.counting).items():
            self.first[place] = held | self.first.get(place, {})
            if any("corrections/" in key for key, _ in held.values()):
                self.corrected.add(place)

    def handovers(self):
        """What the load must name: of days that a correction held, all of them; else receipts that changed hands."""
        now, named = self.tables(self.counting), []
        for place in sorted(self.before.keys() | now.keys()):
            was, held = self.before.get(place, {}), now.get(place, {})
            if place in self.corrected:
                if {n: amount for n, (_, amount) in was.items()} != {n: amount for n, (_, amount) in held.items()}:
                    named.append((place, self.figures(was), self.figures(held)))
                continue
            moves = {}
            for number in self.first.get(place, {}).keys() & held.keys():
                (key, amount), (other, other_amount) = self.first[place][number], held[number]
                if key != other and amount != other_amount:
                    moves.setdefault((key, other), []).append(number)
            for pair, numbers in sorted(moves.items()):
                some = [{number: each[number] for number in numbers} for each in (self.first[place], held)]
                named.append((place, *(self.figures(each, key) for each, key in zip(some, pair, strict=True))))
        return sorted(named)

    @staticmethod
    def figures(held, key=None):
        keys = key or " + ".join(sorted({key for key, _ in held.values()}))
        return keys, len(held), sum((Decimal(amount) for _, amount in held.values()), Decimal("0.00"))

    def tables(self, counting):
        cells = {}
        for key, (_, days) in sorted(counting.items(), key=lambda item: (item[1][0], item[0])):
            for day, outlets in days.items():
                for outlet, amounts in outlets.items():
                    cells.setdefault((day, outlet), []).append((key, amounts))
        held = {}
        for place, some in cells.items():
            corrections = [each for each in some if "corrections/" in each[0]]
            held[place] = {}
            for key, amounts in corrections[-1:] or some:
                held[place] |= {number: (key, amount) for number, amount in amounts.items()}
        return held

    def upload(self, position, key, days, *, accepted=False):
        before = self.tables(self.counting)
        wanted = self.counting | {key: (position, days)}
        after = self.tables(wanted)
        if not accepted and "corrections/" not in key and any(self.shrinks(before, after, place) for place in before):
            self.held_back[key] = (position, days)
            return
        self.counting = wanted
        self.held_back.pop(key, None)
        self.look()

    def withdraw(self, key):
        self.begin()
        del self.counting[key]

    @staticmethod
    def shrinks(before, after, place):
        was, now = (
            (len(held), sum(Decimal(amount) for _, amount in held.values()))
            for held in (before[place], after.get(place, {}))
        )
        least = was[1] * 9 / 10 if was[1] > 0 else was[1]
        return 10 * now[0] < 9 * was[0] or now[1] < least


def as_upload(position, key, days, *, accepted=False):
    contents = {
        day: {outlet: {n: receipt(n, amount) for n, amount in amounts.items()} for outlet, amounts in outlets.items()}
        for day, outlets in days.items()
    }
    return Upload(key, contents, position, f"v{position}", accepted)


def shown(lake):
    return {
        (day, outlet): {number: (key.removeprefix(PREFIX), str(row.amount)) for number, (key, row) in rows.items()}
        for day, outlets in lake.tables.items()
        for outlet, rows in outlets.items()
    }


def named(decision):
    """The hand-overs as the model has them."""
    return [
        ((each["day"], outlet), (*was, Decimal(amount_before)), (*now, Decimal(amount_after)))
        for each, (outlet, (*was, amount_before), (*now, amount_after)) in zip(
            decision.handovers, told(decision), strict=True
        )
    ]


@given(UPLOADS, st.data())
@settings(max_examples=300, deadline=None)
def test_small_worlds_loaded_in_any_grouping_killed_accepted_and_withdrawn_are_as_the_model_says(uploads, data):
    lake, model = Lake(), Model()
    start = 0
    while start < len(uploads):
        end = data.draw(st.integers(start + 1, len(uploads)))
        group = [as_upload(position, *uploads[position]) for position in range(start, end)]
        for death in data.draw(st.lists(st.integers(0, 3), max_size=2)):  # died and tried again
            lake.load(*group, dies_after=death)
        decision = lake.load(*group)
        model.begin()
        for position in range(start, end):
            model.upload(position, *uploads[position])
        assert shown(lake) == model.tables(model.counting)
        assert sorted(named(decision)) == model.handovers()
        act = data.draw(st.sampled_from(["nothing", "accept", "withdraw", "again"]))
        if act == "accept" and model.held_back:
            key = data.draw(st.sampled_from(sorted(model.held_back)))
            position, days = model.held_back[key]
            if position == max(number for number, (other, _) in enumerate(uploads[:end]) if other == key):
                decision = lake.load(as_upload(position, key, days, accepted=True))
                model.begin()
                model.upload(position, key, days, accepted=True)
                assert sorted(named(decision)) == model.handovers()
        if act == "withdraw" and model.counting:
            key = data.draw(st.sampled_from(sorted(model.counting)))
            decision = lake.load(withdraw=[key])
            model.withdraw(key)
            corrected = [each for each in named(decision) if each[0] in model.corrected]
            assert sorted(corrected) == [each for each in model.handovers() if each[0] in model.corrected]
        if act == "again":
            assert lake.load(forced=[DAY]).changed == []
        assert shown(lake) == model.tables(model.counting)
        start = end


@given(UPLOADS)
@settings(max_examples=100, deadline=None)
def test_one_load_or_one_for_each_upload_give_the_same_tables_and_ledger(uploads):
    at_once, one_by_one = Lake(), Lake()
    each = [as_upload(position, *upload) for position, upload in enumerate(uploads)]
    at_once.load(*each)
    for upload in each:
        one_by_one.load(upload)

    assert one_by_one.tables == at_once.tables
    assert one_by_one.ledger["days"] == at_once.ledger["days"]
