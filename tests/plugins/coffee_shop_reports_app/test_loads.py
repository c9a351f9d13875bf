"""The pages about loads, on documents that the code of the DAGs made."""

import html
import re
from urllib.parse import quote

import pytest
from coffee_shop.lake.usage import in_words

from tests.plugins.coffee_shop_reports_app.lake_samples import (
    APRIL,
    FIRST_LEDGER,
    FIX,
    HANDOVER,
    HELD_BACK,
    LEDGER,
    NOT_READ,
    REFUSED,
    REGISTER,
    SECOND_RESULT,
    SPREADSHEET,
    STATE,
    USAGE,
)

PAGE = "/coffee-shop/reports"
RUN_OF_SECOND = 'href="../../dags/coffee_shop_load/runs/upload-of%20load-2"'


@pytest.fixture
def lake(pages_of):
    pages_of({}, STATE)


def said_by(text):
    """What a part of a page says, without its marks, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", text))).split())


def words(page):
    return said_by(page.text)


def rows(page):
    """What each row of a page's tables says."""
    return [said_by(row) for row in re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)]


def get(client, who, path, **params):
    answer = client.get(f"{PAGE}/{path}", params=params, headers=who)
    assert answer.status_code == 200, answer.text
    return answer


# --- the list


def test_open_files_stand_above_the_loads_with_their_whole_reason(client, lake, guest):
    page = get(client, guest, "loads")

    said = words(page)
    assert said.index("Files that wait for a decision") < said.index(SPREADSHEET) < said.index("Newest loads")
    for text in (REFUSED, HELD_BACK, "held back", "refused", "2019-05-02 02:10 EDT"):
        assert text in said
    assert "<b>saved" not in page.text


def test_loads_stand_newest_first_with_files_days_and_run(client, lake, guest):
    page = get(client, guest, "loads")

    newest, first = [row for row in rows(page) if "upload-of" in row]
    assert in_words(USAGE) == "1,200 DPU seconds of jobs, 1 crawl, 9 queries over 5.0 MB; about $0.2940"
    assert newest == f"2019-05-02 02:10 EDT 3 ✗ 1 refused ‖ 1 held back 2019-04-04 upload-of load-2 {in_words(USAGE)}"
    assert first == "2019-05-01 02:10 EDT 2 none 2019-04-01 to 2019-04-02, 2019-04-04 upload-of load-1 not known"
    assert RUN_OF_SECOND in page.text
    assert 'href="./load?id=load-2"' in page.text


def test_long_lists_of_loads_are_turned_over(client, pages_of, guest):
    many = [LEDGER["loads"][0] | {"load_id": f"load-{number}"} for number in range(60)]
    pages_of({}, {"ledger.json": LEDGER | {"loads": many}})

    page = get(client, guest, "loads", start="25")
    assert "26 to 50 of 60" in words(page)
    assert "load?id=load-34" in page.text
    assert 'href="./loads?start=0">newer' in page.text
    assert 'href="./loads?start=50">older' in page.text


def test_without_open_files_the_page_says_so(client, pages_of, guest):
    pages_of({}, {"ledger.json": FIRST_LEDGER})

    assert "None: every file was loaded, replaced or withdrawn." in words(get(client, guest, "loads"))


def test_before_the_first_load_the_page_says_what_to_do(client, pages_of, guest):
    pages_of({}, {})

    said = words(get(client, guest, "loads"))
    assert "Nothing has been loaded yet. Put the till's files into the raw bucket" in said
    assert "Newest loads" not in said


def test_a_ledger_of_another_version_is_named(client, pages_of, guest):
    pages_of({}, {"ledger.json": {"format": 1}})

    page = client.get(f"{PAGE}/loads", headers=guest)
    assert page.status_code == 404
    assert "ledger.json has format 1; this page knows format 2. The next load" in words(page)


# --- a load


def test_a_load_shows_its_files_refused_ones_first(client, lake, guest):
    page = get(client, guest, "load", id="load-2")

    files = [row for row in rows(page) if row.startswith("sales-reciept/") and "Sales" in row]
    assert [row.split(" Sales ")[0] for row in files] == [SPREADSHEET, APRIL, FIX]
    assert files[0].endswith("173 170 3")
    assert f"‖ held back {HELD_BACK} 12 12 0" in files[1]
    assert REFUSED in words(page)
    assert RUN_OF_SECOND in page.text
    assert "published 2019-05-02 02:10 EDT" in words(page)


def test_a_load_shows_keys_that_were_not_read_and_why(client, lake, guest):
    assert f"{NOT_READ} it is under none of the prefixes" in words(get(client, guest, "load", id="load-2"))


def test_a_load_shows_days_and_hand_overs(client, lake, guest):
    page = get(client, guest, "load", id="load-2")

    assert "Sales: 2019-04-04" in words(page)
    assert f"2019-04-04, outlet 3 {APRIL} {FIX} 70, 71 140, 142 300.50, 1,304.00" in rows(page)


def test_a_day_that_a_correction_changed_says_who_held_it_before_and_now(client, pages_of, guest):
    again = HANDOVER | {"from_key": FIX}
    gone = again | {"day": "2019-04-05", "to_key": "", "receipts_after": 0, "rows_after": 0, "amount_after": "0.00"}
    pages_of({}, STATE | {"loads/load-2/result.json": SECOND_RESULT | {"handovers": [again, gone]}})

    found = rows(get(client, guest, "load", id="load-2"))
    assert f"2019-04-04, outlet 3 {FIX} {FIX} 70, 71 140, 142 300.50, 1,304.00" in found
    assert f"2019-04-05, outlet 3 {FIX} no file 70, 0 140, 0 300.50, 0.00" in found


def test_a_file_of_an_old_load_says_what_a_column_lacks(client, lake, guest):
    said = words(get(client, guest, "load", id="load-1"))

    assert "loyaltycardnumber cannot be read in 24 rows; those values count as unknown." in said
    assert "Hand-overs" not in said


def test_a_load_that_is_not_published_shows_what_it_found_out_or_is_to_read(client, pages_of, guest):
    pages_of({}, {"ledger.json": FIRST_LEDGER, "loads/load-2/plan.json": STATE["loads/load-2/plan.json"]})

    said = words(get(client, guest, "load", id="load-2"))
    assert "This load was not published" in said
    assert "What its files held is not known yet" in said
    assert f"To be read: Sales {APRIL}" in said

    pages_of({}, STATE | {"ledger.json": FIRST_LEDGER})
    said = words(get(client, guest, "load", id="load-2"))
    assert "This load was not published" in said
    assert HELD_BACK in said
    assert "A later load has seen a newer version" not in said


@pytest.mark.parametrize("load_id", ["load-3", "../ledger", "", "x" * 200])
def test_an_unknown_load_says_where_the_others_are(client, lake, guest, load_id):
    page = client.get(f"{PAGE}/load", params={"id": load_id}, headers=guest)

    assert page.status_code == 404
    assert "There is no load" in words(page)


def test_files_are_found_by_a_part_of_their_key(client, lake, guest):
    page = get(client, guest, "files", text="REGISTER")

    assert "1 file" in words(page)
    assert REGISTER in page.text
    assert APRIL not in page.text
    assert "No load has seen such a file." in words(get(client, guest, "files", text="no-such-key"))


# --- decisions


def test_operators_see_accept_on_held_back_files_and_withdraw_on_all(client, lake, operator):
    page = get(client, operator, "loads").text

    assert page.count("action=accept") == 1
    assert f"./decide?action=accept&amp;key={quote(APRIL)}" in page
    assert page.count("action=withdraw") == 2
    assert get(client, operator, "load", id="load-1").text.count("action=withdraw") == 2


def test_viewers_see_no_buttons_and_may_not_decide(client, lake, guest):
    for path, params in (("loads", {}), ("load", {"id": "load-2"}), ("files", {})):
        assert "./decide" not in get(client, guest, path, **params).text
    wanted = {"action": "withdraw", "key": APRIL}
    assert client.get(f"{PAGE}/decide", params=wanted, headers=guest).status_code == 403
    assert client.post(f"{PAGE}/decide", data=wanted, headers=guest).status_code == 403


def test_before_a_file_is_withdrawn_the_page_says_what_goes(client, lake, operator):
    said = words(get(client, operator, "decide", action="withdraw", key=APRIL))

    assert "165 receipts with an amount of 780.00 on 2019-04-01 to 2019-04-02." in said
    assert f"What other files deliver for those days counts, also what this one had replaced: {REGISTER}." in said
    assert "nothing of this file's outlets is left on 2019-04-01." in said
    assert "Withdraw this file" in said


def test_withdrawing_a_refused_file_changes_no_figure(client, lake, operator):
    said = words(get(client, operator, "decide", action="withdraw", key=SPREADSHEET))

    assert "Nothing of this file counts now, so no figure changes" in said


def test_before_a_file_is_accepted_the_page_says_why_it_was_held_back(client, lake, operator):
    said = words(get(client, operator, "decide", action="accept", key=APRIL))

    assert HELD_BACK in said
    assert "takes the place of the earlier upload of this key, which counts now for 2019-04-01 to 2019-04-02." in said


@pytest.mark.parametrize(
    ("action", "key", "status", "says"),
    [
        ("accept", FIX, 409, "is not held back: there is nothing to accept"),
        ("accept", SPREADSHEET, 409, "is not held back: there is nothing to accept"),
        ("withdraw", "sales-reciept/unknown.csv", 404, "No load has seen a file sales-reciept/unknown.csv"),
        ("delete", APRIL, 400, "This address is not one of these pages"),
    ],
)
def test_what_cannot_be_decided_is_said(client, lake, operator, action, key, status, says):
    wanted = {"action": action, "key": key}

    for page in (
        client.get(f"{PAGE}/decide", params=wanted, headers=operator),
        client.post(f"{PAGE}/decide", data=wanted, headers=operator),
    ):
        assert page.status_code == status
        assert says in words(page)


def test_a_withdrawn_file_waits_for_nothing_and_cannot_be_withdrawn_again(client, pages_of, operator):
    files = LEDGER["files"]["sales_reciept"]
    gone = files[APRIL] | {"withdrawn": {"run_id": "manual__1", "at": "2019-05-03T10:00:00+00:00"}}
    pages_of({}, STATE | {"ledger.json": LEDGER | {"files": {"sales_reciept": files | {APRIL: gone}}}})

    assert HELD_BACK not in words(get(client, operator, "loads"))
    assert "Withdrawn by a run on 2019-05-03 06:00 EDT" in words(get(client, operator, "load", id="load-2"))
    wanted = {"action": "withdraw", "key": APRIL}
    assert client.post(f"{PAGE}/decide", data=wanted, headers=operator).status_code == 409


def test_a_decision_is_about_the_upload_that_the_page_showed(client, lake, operator):
    shown = get(client, operator, "decide", action="accept", key=APRIL).text
    version = LEDGER["files"]["sales_reciept"][APRIL]["last_seen"]["version_id"]
    assert f'name="version" value="{version}"' in shown

    wanted = {"action": "accept", "key": APRIL, "version": "an earlier one"}
    answer = client.post(f"{PAGE}/decide", data=wanted, headers=operator)
    assert answer.status_code == 409
    assert f"A load has met another upload of {APRIL} meanwhile" in words(answer)


def test_a_file_that_was_accepted_since_has_no_accept_on_its_load_s_page(client, pages_of, operator):
    files = LEDGER["files"]["sales_reciept"]
    accepted = files[APRIL] | {"last_seen": files[APRIL]["last_seen"] | {"status": "published"}}
    pages_of({}, STATE | {"ledger.json": LEDGER | {"files": {"sales_reciept": files | {APRIL: accepted}}}})

    page = get(client, operator, "load", id="load-2").text
    assert "action=accept" not in page
    assert "action=withdraw" in page


def test_loads_of_before_have_pages_although_their_documents_had_no_format(client, pages_of, guest):
    old = {
        name: {key: value for key, value in STATE[name].items() if key != "format"}
        for name in STATE
        if "load-1" in name
    }
    pages_of({}, STATE | old)
    assert "load-1" in get(client, guest, "load", id="load-1").text


@pytest.mark.slow
@pytest.mark.parametrize(("action", "key"), [("accept", APRIL), ("withdraw", SPREADSHEET)])
def test_a_decision_starts_a_load_with_the_form_s_field(client, lake, operator, known_dags, no_runs, action, key):
    version = LEDGER["files"]["sales_reciept"][key]["last_seen"]["version_id"]
    wanted = {"action": action, "key": key, "version": version}
    answer = client.post(f"{PAGE}/decide", data=wanted, headers=operator)

    assert answer.status_code == 303, answer.text
    [run] = client.get("/api/v2/dags/coffee_shop_load/dagRuns", headers=operator).json()["dag_runs"]
    assert run["conf"] == {action: [key]}
    assert run["run_type"] == "manual"
    assert run["triggering_user_name"] == "operator"
    assert key in run["note"]

    page = client.get(f"{PAGE}/{answer.headers['location'].removeprefix('./')}", headers=operator)
    said = words(page)
    assert f"The run {run['dag_run_id']} has been started; it is queued." in said
    assert f"is queued, to {action} {key}" in said
    assert "coffee_shop_load is switched off in Airflow: its runs wait" in said  # as DAGs are at first
    assert f"./decide?action={action}&amp;key={quote(key)}" not in page.text
    assert f"{'Being accepted' if action == 'accept' else 'Being withdrawn'} by a run that is queued" in said
