"""The Reports page of the Airflow UI: every report with its figures and files, and a form to back-fill past periods.

It shows what lies in the reports bucket and imports nothing of dags/: the API server does not have them on its path.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/coffee-shop/reports"


class PageWhenAsked:
    """The page as an ASGI app, imported by its first request: every task of every DAG loads plugins."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        from coffee_shop_reports_app.web import app

        await app(scope, receive, send)


class CoffeeShopReportsPage(AirflowPlugin):
    """Adds the page and its place in the menu."""

    name = "coffee_shop_reports_page"
    fastapi_apps = [  # noqa: RUF012
        {"app": PageWhenAsked(), "url_prefix": PREFIX, "name": "Coffee shop reports"}
    ]
    # no url_route: Airflow would show the page in a frame that forbids downloads
    external_views = [  # noqa: RUF012
        {"name": "Reports", "href": f"{PREFIX}/", "destination": "nav", "category": "browse"}
    ]
