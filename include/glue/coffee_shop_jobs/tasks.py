"""The tasks of a job: a file, a day, a month of members or a dimension each.

The executors of Spark do them. A load that is small does them in processes of the driver instead, in less time than
executors take with their start. It is the same function either way, and it gets the names of objects, never their rows.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pyspark import SparkContext

Task = TypeVar("Task")
Done = TypeVar("Done")

# the driver's processes take less time for so many rows than executors on as many cores, which must be started first
SMALL_ROWS = 2_000_000
SLICES_A_CORE = 4  # tasks differ in size: a core that is done with its first slice takes the next


def few(rows: int) -> bool:
    """Tell whether a task for so many clean rows is small."""
    return rows <= SMALL_ROWS


class DataError(Exception):
    """Something that another attempt would meet again: the job ends with these words, and no task is tried twice."""


class Tasks:
    """Does the tasks of one job."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._context: SparkContext | None = None

    def run(self, do: Callable[[Task], Done], tasks: Sequence[Task], *, is_small: bool) -> list[Done]:
        """Do tasks at the same time and return what they gave, in their order.

        Args:
            do: what to do with each; a function of a module, as executors import it.
            tasks: what each task needs to know.
            is_small: whether the driver may do them itself. It does not when Spark runs already.

        Raises:
            DataError: one that a task has raised; executors do the tasks of their other slices first.
        """
        if not tasks:
            return []
        if is_small and self._context is None:
            return _in_processes(do, tasks)
        context = self._started()
        count = min(len(tasks), SLICES_A_CORE * context.defaultParallelism)
        slices = [tasks[first::count] for first in range(count)]  # large tasks often come one after another
        outcomes: list[list[Done | DataError]] = (
            context.parallelize(slices, count).map(partial(_outcomes, do)).collect()
        )
        done: dict[int, Done] = {}
        for first, some in enumerate(outcomes):
            for number, outcome in enumerate(some):
                if isinstance(outcome, DataError):
                    raise outcome
                done[first + number * count] = outcome
        return [done[number] for number in range(len(tasks))]

    def _started(self) -> SparkContext:
        if self._context is None:
            from pyspark import SparkConf, SparkContext

            settings = SparkConf().setAppName(self._name).set("spark.ui.enabled", "false")
            self._context = SparkContext.getOrCreate(settings)
        return self._context


def _in_processes(do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
    """Do tasks in the driver's own processes, one a core; threads of one process would wait for each other's Python."""
    count = min(len(tasks), os.cpu_count() or 1)
    if count == 1:
        return list(map(do, tasks))
    if sys.platform != "linux":  # macOS: a process that was forked may crash (Python, multiprocessing, "start methods")
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(do, tasks))
    try:
        fork = get_context("fork")  # which has the modules
        with ProcessPoolExecutor(count, fork, initializer=_end_with_the_driver) as pool:
            return list(pool.map(partial(_told, do), tasks))
    except BrokenProcessPool:
        words = "A process that did tasks was ended from outside, as when memory runs out: give the job a larger worker"
        raise MemoryError(f"{words}, or start the run again.") from None


def _end_with_the_driver() -> None:
    """Let this process end when the driver is gone, however that ended: nothing is written beside its next attempt."""
    driver: Any = parent_process()

    def wait() -> None:
        driver.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _told(do: Callable[[Task], Done], task: Task) -> Done:
    """Do a task; an error that no other process can read, such as those that boto3 makes, is told in its words."""
    try:
        return do(task)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
        except Exception:
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        raise


def _outcomes(do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done | DataError]:
    """Do tasks on an executor, up to one that ends with an error: Spark would try them again if it were raised."""
    outcomes: list[Done | DataError] = []
    for task in tasks:
        try:
            outcomes.append(do(task))
        except DataError as error:
            return [*outcomes, error]
    return outcomes
