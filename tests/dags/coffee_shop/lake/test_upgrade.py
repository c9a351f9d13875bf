from coffee_shop.lake.upgrade import NO_DIGEST, upgraded

KEY, OTHER = "sales-reciept/april.csv", "sales-reciept/gone.csv"


def old_ledger():
    """As the version wrote it that knew no receipts: a claim is a list, a day names the one key that holds it."""
    return {
        "format": 1,
        "revision": 7,
        "files": {
            "sales_reciept": {
                KEY: {
                    "last_seen": {"version_id": "v1", "status": "published"},
                    "holding": {"version_id": "v1", "claims": {"2019-04-01": {"3": [2, 3, "7.50", "ab" * 16]}}},
                    "withdrawn": None,
                },
                OTHER: {"last_seen": {"version_id": "v2", "status": "refused"}, "holding": None, "withdrawn": None},
            },
        },
        "days": {
            "sales_reciept": {
                "2019-04-01": {"3": {"key": KEY, "version_id": "v1", "rows": 2, "quantity": 3, "amount": "7.50"}},
                "2019-04-02": {"3": {"key": OTHER, "version_id": "v0", "rows": 1, "quantity": 1, "amount": "1.00"}},
            }
        },
        "handovers": [],
        "loads": [],
    }


def test_claims_and_days_have_the_fields_of_now():
    ledger = upgraded(old_ledger())

    totals = {"receipts": 0, "rows": 2, "quantity": 3, "amount": "7.50", "digest": "ab" * 16}
    holding = ledger["files"]["sales_reciept"][KEY]["holding"]
    assert holding is not None
    assert holding["claims"] == {"2019-04-01": {"3": totals}}
    assert ledger["days"]["sales_reciept"]["2019-04-01"]["3"] == totals | {"keys": {KEY: totals | {"version_id": "v1"}}}


def test_it_keeps_its_number_until_a_load_has_built_its_days_again():
    assert (upgraded(old_ledger())["format"], upgraded(old_ledger())["revision"]) == (1, 7)


def test_a_day_whose_file_has_no_claim_any_more_has_no_digest():
    day = upgraded(old_ledger())["days"]["sales_reciept"]["2019-04-02"]["3"]
    assert (day["digest"], day["keys"][OTHER]["version_id"]) == (NO_DIGEST, "v0")


def test_what_is_given_stays_as_it_is():
    old = old_ledger()
    upgraded(old)
    assert old == old_ledger()
