from coffee_shop.mail.failures import subject_of, words


def test_the_subject_names_the_first_failed_task():
    assert (
        subject_of("Coffee Shop", "coffee_shop_load", ["fail_on_refused_files"])
        == "Coffee Shop: coffee_shop_load failed at fail_on_refused_files"
    )
    many = subject_of("Coffee Shop", "coffee_shop_load", ["fail_on_refused_files", "publish", "wait_for_quiet_period"])
    assert many == "Coffee Shop: coffee_shop_load failed at fail_on_refused_files and 2 more"


def test_the_text_has_each_task_with_its_reason_and_where_to_look(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080/")
    reasons = {
        "fail_on_refused_files": {
            "reason": "Refused whole:\nsales-reciept/a.csv: line 2",
            "log": "http://127.0.0.1:8080/log",
        },
        "mail": {},
    }

    text = words("coffee_shop_load", "manual__2019-04-24T06:00:00+00:00", reasons, more=3, stopped=1)

    assert text == (
        "The run manual__2019-04-24T06:00:00+00:00 of coffee_shop_load has failed.\n"
        "\n"
        "fail_on_refused_files:\n"
        "  Refused whole:\n"
        "  sales-reciept/a.csv: line 2\n"
        "  Log: http://127.0.0.1:8080/log\n"
        "\n"
        "mail:\n"
        "  see its log\n"
        "\n"
        "3 more failed.\n"
        "\n"
        "1 tasks after them did not run.\n"
        "\n"
        "What to do: mend the cause, then clear the failed task with all that follows it; every task may run twice.\n"
        "A load that failed at fail_on_refused_files alone has published everything except the files that it names.\n"
        "docs/operating.md says of each message what it means.\n"
        "\n"
        "Run: http://127.0.0.1:8080/dags/coffee_shop_load/runs/manual__2019-04-24T06%3A00%3A00%2B00%3A00\n"
    )
