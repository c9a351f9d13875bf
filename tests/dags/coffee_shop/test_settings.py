from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from coffee_shop import settings
from coffee_shop.settings import MailList, SettingsError, check_settings, names, names_while_parsing, parse_settings
from pydantic import TypeAdapter

ENVIRONMENT = {
    "COFFEE_SHOP_STACK": "beans",
    "COFFEE_SHOP_RAW_BUCKET": "beans-raw-1",
    "COFFEE_SHOP_CLEAN_BUCKET": "beans-clean-1",
    "COFFEE_SHOP_CONFORM_BUCKET": "beans-conform-1",
    "COFFEE_SHOP_REPORTS_BUCKET": "beans-reports-1",
    "COFFEE_SHOP_STATE_BUCKET": "beans-state-1",
    "COFFEE_SHOP_ARTIFACTS_BUCKET": "beans-artifacts-1",
    "COFFEE_SHOP_RESULTS_BUCKET": "beans-results-1",
    "COFFEE_SHOP_WORKGROUP": "beans",
    "COFFEE_SHOP_MAIL_FROM": "reports@coffee-shop.example",
}


def test_names_come_from_the_environment() -> None:
    found = names(ENVIRONMENT)
    assert found.state_bucket == "beans-state-1"
    assert found.conform_database == "coffee_shop_conform"
    assert found.crawler("clean") == "beans-clean"
    assert found.job("partition_data") == "beans-partition-data"


def test_a_task_refuses_names_that_are_not_set_and_lists_them() -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if "STATE" not in key and "MAIL" not in key}
    with pytest.raises(SettingsError, match="COFFEE_SHOP_STATE_BUCKET, COFFEE_SHOP_MAIL_FROM"):
        names(environment)


def test_a_dag_file_can_be_parsed_without_names() -> None:
    assert names_while_parsing({}).raw_bucket == "unset-coffee-shop-raw-bucket"


def test_all_settings_have_defaults() -> None:
    found = check_settings({})
    assert found.quiet_minutes == 5
    assert found.closed_days == ()
    assert found.target_unit == "items"
    assert found.zone.key == "America/New_York"


def test_settings_of_the_variable_replace_defaults() -> None:
    found = check_settings(
        {
            "quiet_minutes": 0,
            "closed_days": ["2019-12-25"],
            "mail_recipients": ["boss@coffee-shop.example"],
            "mail_allowed": ["@coffee-shop.example", "auditor@example.com"],
            "upload_report": False,
            "target_unit": "income",
        },
        time_zone="Europe/Rome",
    )
    assert found.quiet_minutes == 0
    assert found.closed_days == (date(2019, 12, 25),)
    assert found.mail_recipients == ("boss@coffee-shop.example",)
    assert found.mail_allowed == ("@coffee-shop.example", "auditor@example.com")
    assert found.upload_report is False
    assert found.target_unit == "income"
    assert found.zone.key == "Europe/Rome"


def test_a_mail_list_is_for_all_periods_and_reports_unless_it_names_some() -> None:
    found = check_settings(
        {
            "mail_lists": [
                {"recipients": ["cook@coffee-shop.example"]},
                {"recipients": ["clerk@coffee-shop.example"], "periods": ["weekly"], "reports": ["sales"]},
            ]
        }
    )
    everything, some = found.mail_lists
    assert everything.periods == ("daily", "weekly", "monthly", "custom", "upload")
    assert everything.reports == ("customer", "employee", "sales", "target", "inventory")
    assert everything.outlets == ()
    assert some == MailList(("clerk@coffee-shop.example",), ("weekly",), ("sales",))


def test_an_outlet_is_closed_on_weekdays_and_dates_and_when_it_is_gone() -> None:
    found = check_settings(
        {
            "closed_days": ["2019-12-25"],
            "closed_outlets": [
                {"outlet": 3, "weekdays": ["sunday"], "dates": ["2019-12-24"], "gone_from": "2020-01-01"},
                {"outlet": "8", "weekdays": ["monday"]},
            ],
        }
    )
    december = [date(2019, 12, day) for day in range(22, 32)]  # the 22nd is a Sunday
    assert [day.day for day in december if found.closes("3", day)] == [22, 24, 25, 29]
    assert [day.day for day in december if found.closes("8", day)] == [23, 25, 30]
    assert [day.day for day in december if found.closes("5", day)] == [25]
    assert all(found.closes("3", date(2020, month, 1)) for month in range(1, 13))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (["quiet_minutes"], "must be a JSON object"),
        ({"quite_minutes": 5}, "unknown key 'quite_minutes'"),
        ({"time_zone": "Europe/Rome"}, "COFFEE_SHOP_TIME_ZONE"),
        ({"quiet_minutes": "5"}, "quiet_minutes is '5', expected a number from 0 to 120"),
        ({"quiet_minutes": -1}, "quiet_minutes is -1"),
        ({"quiet_minutes": True}, "quiet_minutes is True"),
        ({"max_quantity": 12.5}, "max_quantity is 12.5, expected a whole number"),
        ({"quarantine_share": 1.5}, "quarantine_share is 1.5"),
        ({"upload_report": "yes"}, "upload_report is 'yes', expected true or false"),
        ({"upload_report": 1}, "upload_report is 1"),
        ({"shop_name": ""}, "shop_name is '', expected a text"),
        ({"closed_days": ["2019-02-30"]}, "closed_days"),
        ({"closed_days": ["1577232000"]}, "closed_days[0] is '1577232000'"),
        ({"mail_lists": [{"recipients": ["a@b.example"], "outlets": []}]}, "mail_lists[0].outlets"),
        ({"closed_days": "2019-12-25"}, "expected a list of dates"),
        ({"mail_recipients": ["@coffee-shop.example"]}, "mail_recipients"),
        ({"mail_recipients": ["a@b.example, c@d.example"]}, "mail_recipients"),
        ({"mail_allowed": ["coffee-shop.example"]}, "mail_allowed"),
        ({"mail_allowed": [7]}, "mail_allowed"),
        ({"mail_digest": 1}, "mail_digest is 1, expected true or false"),
        ({"mail_lists": {"recipients": ["a@b.example"]}}, "expected a list of objects such as"),
        ({"mail_lists": ["a@b.example"]}, "mail_lists[0] is 'a@b.example': "),
        ({"mail_lists": [{"periods": ["weekly"]}]}, "mail_lists"),
        ({"mail_lists": [{"recipients": []}]}, "mail_lists"),
        ({"mail_lists": [{"recipients": ["b.example"]}]}, "mail_lists"),
        (
            {"mail_lists": [{"recipients": ["a@b.example"], "periods": ["yearly"]}]},
            "mail_lists[0].periods[0] is 'yearly': Input should be 'daily', 'weekly', 'monthly', 'custom' or 'upload'",
        ),
        ({"mail_lists": [{"recipients": ["a@b.example"], "reports": ["stock"]}]}, "'target' or 'inventory'"),
        ({"mail_lists": [{"recipients": ["a@b.example"], "outlets": [3.5]}]}, "mail_lists[0].outlets[0] is 3.5"),
        ({"closed_outlets": {"outlet": 3}}, 'expected a list of objects such as {"outlet": 3, "weekdays": ["sunday"]'),
        ({"closed_outlets": [{"weekdays": ["sunday"]}]}, "closed_outlets"),
        ({"closed_outlets": [{"outlet": 3}]}, "it needs weekdays, dates or gone_from"),
        ({"closed_outlets": [{"outlet": "03", "weekdays": ["sunday"]}]}, "closed_outlets[0].outlet is '03'"),
        ({"closed_outlets": [{"outlet": True, "weekdays": ["sunday"]}]}, "closed_outlets[0].outlet is True"),
        (
            {"closed_outlets": [{"outlet": 3, "weekdays": ["Sun"]}]},
            "closed_outlets[0].weekdays[0] is 'Sun': Input should be 'monday', 'tuesday'",
        ),
        (
            {"closed_outlets": [{"outlet": 3, "dates": ["24.12.2019"]}]},
            "closed_outlets[0].dates[0] is '24.12.2019': Value error, expected a date such as 2019-12-25",
        ),
        ({"closed_outlets": [{"outlet": 3, "gone": "2020-01-01"}]}, "closed_outlets"),
        (
            {"mail_lists": [{"recipients": ["a@b.example"], "outlets": ["3"], "reports": ["sales"]}]},
            "reports or outlets, not both",
        ),
        ({"mail_lists": [{"recipients": ["a@b.example"], "outlets": ["03"]}]}, "mail_lists"),
        ({"mail_lists": [{"recipients": ["a@b.example"], "to": ["c@b.example"]}]}, "mail_lists"),
        ({"mail_size_limit_mb": 41}, "mail_size_limit_mb is 41, expected a number from 0.01 to 40"),
    ],
)
def test_what_cannot_be_used_is_named(found: object, words: str) -> None:
    with pytest.raises(SettingsError, match=r"coffee_shop") as refused:
        check_settings(found)
    assert words in str(refused.value)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        check_settings({"max_quantity": 0, "wait_days": "three"})
    assert "max_quantity" in str(refused.value)
    assert "wait_days" in str(refused.value)


def test_the_default_of_every_setting_keeps_its_rule() -> None:
    schema = TypeAdapter(settings.Settings).json_schema()
    defaults = {name: rule["default"] for name, rule in schema["properties"].items() if name != "time_zone"}
    assert check_settings(defaults) == settings.Settings()


def test_what_shapes_the_dags_has_defaults() -> None:
    found = parse_settings({})
    assert (found.time_zone, found.load_cron) == ("America/New_York", "0 5 * * *")
    assert (found.deferrable, found.poll_seconds) == (True, 10)
    assert found.start_date.isoformat() == "2019-01-01T00:00:00-05:00"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("COFFEE_SHOP_TIME_ZONE", "Mars/Olympus"),
        ("COFFEE_SHOP_DEFERRABLE", "yes"),
        ("COFFEE_SHOP_POLL_SECONDS", "0"),
        ("COFFEE_SHOP_POLL_SECONDS", "0.05"),
        ("COFFEE_SHOP_POLL_SECONDS", "nan"),
        ("COFFEE_SHOP_FILES_WAIT_SECONDS", "0.9"),
        ("COFFEE_SHOP_START_DATE", "yesterday"),
    ],
)
def test_a_bad_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        parse_settings({variable: value})


def test_sensors_that_start_a_process_for_each_look_do_not_look_as_often_as_others() -> None:
    often, seldom = (parse_settings({"COFFEE_SHOP_POLL_SECONDS": seconds}) for seconds in ("0.3", "10"))
    assert (often.poll_seconds, often.poke_seconds) == (0.3, 3)
    assert (seldom.poll_seconds, seldom.poke_seconds) == (10, 30)


def test_a_start_may_be_a_moment() -> None:
    found = parse_settings({"COFFEE_SHOP_START_DATE": "2026-11-23T06:00:00+00:00"})
    assert found.start_date == datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.mark.parametrize("place", ["dags/include", "include"])
def test_include_is_found_beside_dags_and_inside(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / place).mkdir(parents=True)
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "dags" / "coffee_shop" / "settings.py"))
    assert settings.include_folder() == tmp_path / place


def test_a_missing_include_folder_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "dags" / "coffee_shop" / "settings.py"))
    with pytest.raises(SettingsError, match="looked for"):
        settings.include_folder()
