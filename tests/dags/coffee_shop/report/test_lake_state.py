from coffee_shop.report.lake_state import settle


class Lake:
    """A lake whose newest load follows a list; queries that run again get new ids.

    ``differing`` is what the lake has otherwise than the ledger, look after look.
    """

    def __init__(self, *newest: str, differing: tuple[list[str], ...] = ()) -> None:
        self.states = list(newest)
        self.differing = list(differing)
        self.runs: list[dict[str, str]] = []

    def newest(self) -> str:
        return self.states.pop(0)

    def differences(self, executions):
        return self.differing.pop(0) if self.differing else []

    def run_again(self, executions):
        self.runs.append(executions)
        return {question: f"{question}-{len(self.runs)}" for question in executions}


FIRST = {"a": "a-0", "b": "b-0"}


def test_nothing_published_meanwhile():
    lake = Lake("load-1")
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)

    assert (settled.executions, settled.load_id, settled.changed) == (FIRST, "load-1", False)
    assert lake.runs == []


def test_a_load_between_the_queries_makes_all_of_them_run_again():
    lake = Lake("load-2", "load-2")
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)

    assert settled.executions == {"a": "a-1", "b": "b-1"}
    assert (settled.load_id, settled.changed) == ("load-2", False)
    assert lake.runs == [FIRST]


def test_queries_run_again_at_most_twice():
    lake = Lake("load-2", "load-3", "load-3")
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)
    assert (settled.executions, settled.changed, len(lake.runs)) == ({"a": "a-2", "b": "b-2"}, False, 2)

    lake = Lake("load-2", "load-3", "load-4")
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)
    assert (settled.executions, settled.load_id, settled.changed) == ({"a": "a-2", "b": "b-2"}, "load-3", True)
    assert len(lake.runs) == 2


def test_without_queries_nothing_runs_again():
    lake = Lake("load-2")
    settled = settle(None, {}, lake.newest, lake.run_again, lake.differences)

    assert (settled.executions, settled.changed, lake.runs) == ({}, False, [])


def test_a_lake_that_differs_from_the_ledger_is_asked_again_twice():
    lake = Lake("load-1", "load-1", differing=(["29 April"], []))
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)
    assert (settled.executions, settled.differing) == ({"a": "a-1", "b": "b-1"}, [])

    lake = Lake("load-1", "load-1", "load-1", differing=(["29 April"], ["29 April"], ["29 April"]))
    settled = settle("load-1", FIRST, lake.newest, lake.run_again, lake.differences)
    assert (len(lake.runs), settled.differing) == (2, ["29 April"])
