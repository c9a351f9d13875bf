import pytest
from coffee_shop.report.recipients import RecipientsError, check_recipients, mails_of_run
from coffee_shop.settings import MailList, Settings


def test_recipients_of_the_settings_are_the_default():
    assert check_recipients([], ["a@shop.example"], []) == ["a@shop.example"]
    assert check_recipients(["  "], ["a@shop.example"], []) == ["a@shop.example"]


def test_typed_addresses_must_be_allowed():
    allowed = ["@shop.example", "guest@other.example"]
    typed = ["New@Shop.example", "guest@other.example", "a@own.example", "a@own.example"]

    assert check_recipients(typed, ["a@own.example"], allowed) == [
        "New@Shop.example",
        "guest@other.example",
        "a@own.example",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "b@other.example",
        "x@evil-shop.example",
        "x@sub.shop.example",
        "shop.example",
        "@shop.example",
        "a@b@shop.example",
        "a b@shop.example",
        "a@shop.example,b@evil.example",
        "a@shop.example\nBcc: b@evil.example",
        "<a@shop.example>",
    ],
)
def test_other_addresses_are_named(address):
    with pytest.raises(RecipientsError) as error:
        check_recipients(["ok@shop.example", address], [], ["@shop.example", "guest@other.example"])
    assert str(error.value).startswith(f"These addresses are not allowed: {address}.")
    assert "guest@other.example" in str(error.value)


def test_more_recipients_than_ses_takes():
    with pytest.raises(RecipientsError, match="51 recipients; a mail can have 50"):
        check_recipients([f"a{n}@shop.example" for n in range(51)], [], ["@shop.example"])


REPORTS = ["customer", "employee", "sales"]
LISTS = Settings(
    mail_recipients=("boss@shop.example",),
    mail_lists=(
        MailList(("cook@shop.example",), periods=("weekly",), reports=("sales",)),
        MailList(("cook@shop.example", "clerk@shop.example"), reports=("employee",)),
        MailList(("boss@shop.example",), reports=("sales",)),
    ),
)


def test_who_stands_in_several_lists_gets_one_mail_with_the_workbooks_of_all():
    assert mails_of_run("weekly", REPORTS, [], LISTS) == [
        {"recipients": ["boss@shop.example"], "reports": None, "outlet": None},
        {"recipients": ["cook@shop.example"], "reports": ["employee", "sales"], "outlet": None},
        {"recipients": ["clerk@shop.example"], "reports": ["employee"], "outlet": None},
    ]


def test_an_address_in_other_letters_is_the_same_address():
    shop = Settings(
        mail_lists=(
            MailList(("Cook@Shop.example",), reports=("sales",)),
            MailList(("cook@shop.example",), reports=("employee",)),
        )
    )
    assert mails_of_run("weekly", REPORTS, [], shop) == [
        {"recipients": ["Cook@Shop.example"], "reports": ["employee", "sales"], "outlet": None},
    ]


def test_a_list_is_for_its_periods():
    assert mails_of_run("daily", REPORTS, [], LISTS)[1:] == [
        {"recipients": ["cook@shop.example", "clerk@shop.example"], "reports": ["employee"], "outlet": None},
    ]


def test_a_run_for_sales_alone():
    """Who wants all workbooks gets those of earlier runs too, who wants sales gets sales, and others get no mail."""
    assert mails_of_run("weekly", ["sales"], [], LISTS) == [
        {"recipients": ["boss@shop.example"], "reports": None, "outlet": None},
        {"recipients": ["cook@shop.example"], "reports": ["sales"], "outlet": None},
    ]
    assert mails_of_run("weekly", REPORTS, [], Settings()) == []


def test_typed_addresses_alone_get_the_mail_and_those_of_lists_may_be_typed():
    assert mails_of_run("daily", REPORTS, ["clerk@shop.example"], LISTS) == [
        {"recipients": ["clerk@shop.example"], "reports": None, "outlet": None},
    ]
    with pytest.raises(RecipientsError):
        mails_of_run("daily", REPORTS, ["guest@shop.example"], LISTS)


def test_an_outlets_people_get_its_mail_without_workbooks():
    shop = Settings(
        mail_lists=(
            MailList(("north@shop.example",), periods=("weekly",), outlets=("3", "8")),
            MailList(("south@shop.example",), outlets=("8",)),
        )
    )
    assert mails_of_run("weekly", REPORTS, [], shop) == [
        {"recipients": ["north@shop.example"], "reports": [], "outlet": "3"},
        {"recipients": ["north@shop.example", "south@shop.example"], "reports": [], "outlet": "8"},
    ]
    assert mails_of_run("daily", REPORTS, [], shop) == [
        {"recipients": ["south@shop.example"], "reports": [], "outlet": "8"},
    ]
