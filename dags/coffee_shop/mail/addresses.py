"""Where mails lead: pages of Airflow's UI, behind its sign-in."""

from urllib.parse import quote, urlencode

REPORTS_PAGE = "/coffee-shop/reports"  # plugins/coffee_shop_reports_page.py


def run_address(dag_id: str, run_id: str) -> str:
    """Return where Airflow's UI shows a run."""
    return f"{_base()}/dags/{dag_id}/runs/{quote(run_id, safe='')}"


def workbook_address(key: str) -> str:
    """Return where the Reports page gives a workbook, by its key in the reports bucket.

    A presigned link would not do: it ends with the session of the role that signed it, on MWAA within hours.
    """
    return f"{_base()}{REPORTS_PAGE}/download?{urlencode({'key': key})}"


def _base() -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get("api", "base_url", fallback="")).rstrip("/")
