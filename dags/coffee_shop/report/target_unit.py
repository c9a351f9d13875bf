"""What a goal is counted in: a report's columns and titles as the setting `target_unit` wants them."""

from __future__ import annotations

from dataclasses import replace

from coffee_shop.report.definition import Chart, Column, Format, Question, Report

GOAL = "goal"
FORMAT_OF: dict[str, Format] = {"items": "integer", "income": "money"}


def in_target_unit(report: Report, unit: str) -> Report:
    """Return a report whose columns of the format `goal` count in a unit; titles say it in the place of ``{unit}``.

    Args:
        report: from report.yaml.
        unit: the setting `target_unit`: ``items`` or ``income``.
    """
    return replace(report, questions=tuple(_question(question, unit) for question in report.questions))


def _question(question: Question, unit: str) -> Question:
    return replace(
        question,
        title=_text(question.title, unit),
        columns=tuple(_column(column, unit) for column in question.columns),
        charts=tuple(_chart(chart, unit) for chart in question.charts),
    )


def _column(column: Column, unit: str) -> Column:
    form = FORMAT_OF[unit] if column.format == GOAL else column.format
    return replace(column, title=_text(column.title, unit), format=form)


def _chart(chart: Chart, unit: str) -> Chart:
    return replace(chart, title=chart.title and _text(chart.title, unit), note=chart.note and _text(chart.note, unit))


def _text(text: str, unit: str) -> str:
    return text.replace("{unit}", unit)
