"""What holds for all pages: who gets in, which headers go out, and that no other site can send a form."""

import pytest

PAGE = "/coffee-shop/reports"
PATHS = [
    "/",
    "/search?text=2019",
    "/report?folder=weekly/2019-W17",
    "/download?key=weekly/2019-W17/sales.xlsx",
    "/again?folder=weekly/2019-W17",
    "/loads",
    "/load?id=load-1",
    "/files?text=april",
    "/decide?action=withdraw&key=sales-reciept/april.csv",
    "/backfill",
]
FORMS = {
    "/again": {"folder": "weekly/2019-W17"},
    "/decide": {"action": "withdraw", "key": "sales-reciept/april.csv"},
    "/backfill": {"kind": "daily", "first": "2019-04-03", "last": "2019-04-03"},
}


@pytest.fixture
def nothing_there(pages_of):
    pages_of({}, {})


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_a_page_without_signing_in(client, path):
    page = client.get(PAGE + path)

    assert page.status_code == 401
    assert "../../api/v2/auth/login?next=%2Fcoffee-shop%2Freports%2F" in page.text


@pytest.mark.parametrize("path", FORMS)
def test_nobody_sends_a_form_without_signing_in(client, path):
    assert client.post(PAGE + path, data=FORMS[path]).status_code == 401


def test_every_page_has_a_test_here(airflow_app):
    from coffee_shop_reports_app.web import app

    routes = {(route.path, method) for route in app.routes for method in getattr(route, "methods", None) or ()}
    assert {path for path, method in routes if method == "GET"} == {path.partition("?")[0] for path in PATHS}
    assert {path for path, method in routes if method == "POST"} == set(FORMS)


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css"])
def test_every_answer_keeps_scripts_and_other_sites_out(client, nothing_there, operator, path):
    answer = client.get(PAGE + path, headers=operator)

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_send_a_form(client, nothing_there, boss, path, headers):
    assert client.post(PAGE + path, data=FORMS[path], headers=boss | headers).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": "http://testserver"}, 404),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({}, 403),
    ],
)
def test_a_cookie_alone_sends_no_form(airflow_app, nothing_there, boss, headers, status):
    """A browser says where a form comes from; 404 is what the form's own code answers: there is no such file."""
    from fastapi.testclient import TestClient

    browser = TestClient(airflow_app, cookies={"_token": boss["Authorization"].removeprefix("Bearer ")})

    assert browser.post(f"{PAGE}/decide", data=FORMS["/decide"], headers=headers).status_code == status


def test_each_page_says_where_it_is_and_leads_back_to_airflow(client, nothing_there, guest):
    for path, title in (("/", "Reports"), ("/loads", "Loads"), ("/backfill", "Back-fill")):
        page = client.get(PAGE + path, headers=guest).text
        assert f'aria-current="page">{title}</a>' in page
        assert '<a class="back" href="../../">' in page
        assert '<html lang="en">' in page
        assert page.count("<h1>") == 1
        assert '<a class="skip" href="#content">' in page


def test_an_address_that_lacks_something_gets_a_page_that_says_so(client, nothing_there, guest):
    page = client.get(f"{PAGE}/report", headers=guest)

    assert page.status_code == 400
    assert "folder: Field required" in page.text


def test_both_pages_are_in_airflow_s_menu(client, boss):
    plugins = client.get("/api/v2/plugins", headers=boss).json()["plugins"]

    assert [(view["name"], view["href"]) for plugin in plugins for view in plugin["external_views"]] == [
        ("Reports", "/coffee-shop/reports/"),
        ("Loads", "/coffee-shop/reports/loads"),
    ]
