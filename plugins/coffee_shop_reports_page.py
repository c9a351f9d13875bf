"""The pages of this project in Airflow's UI: reports with their figures and files, loads, and a form to back-fill.

They show what lies in the buckets of reports and state. Of the DAGs' package they import coffee_shop.periods alone,
which plugins.zip brings along: on MWAA the API server does not have dags/.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/coffee-shop/reports"


class PagesWhenAsked:
    """The pages as an ASGI app, imported by its first request: every task of every DAG loads plugins."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        from coffee_shop_reports_app.web import app

        await app(scope, receive, send)


class CoffeeShopReportsPage(AirflowPlugin):
    """Adds the pages and their places in the menu."""

    name = "coffee_shop_reports_page"
    fastapi_apps = [  # noqa: RUF012
        {"app": PagesWhenAsked(), "url_prefix": PREFIX, "name": "Coffee shop reports and loads"}
    ]
    # no url_route: Airflow would show a page in a frame that forbids downloads
    external_views = [  # noqa: RUF012
        {"name": name, "href": f"{PREFIX}/{path}", "destination": "nav", "category": "browse"}
        for name, path in (("Reports", ""), ("Loads", "loads"))
    ]
