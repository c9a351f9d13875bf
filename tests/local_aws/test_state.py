"""What outlives the process: moto's backends in one file, whole or not at all."""

import inspect
import pickle
import threading
import weakref

import moto
import pytest
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict

from local_aws import state
from local_aws.state import State, StateOfAnotherVersion

ACCOUNT = "123456789012"


@pytest.fixture
def fresh():
    BackendDict.reset()
    yield
    BackendDict.reset()


def queues():
    return get_backend("sqs")[ACCOUNT]["us-east-1"]


def test_what_was_written_is_loaded(fresh, tmp_path):
    kept = State(tmp_path / "state.pickle")
    queues().create_queue("acorns", {})
    kept.write()
    BackendDict.reset()
    assert list(queues().queues) == []
    kept.load()
    assert list(queues().queues) == ["acorns"]
    queues().create_queue("beech", {})  # it goes on working
    assert sorted(queues().queues) == ["acorns", "beech"]


def test_things_that_point_at_each_other_still_do(fresh, tmp_path):
    buckets = get_backend("s3")[ACCOUNT]["aws"].buckets
    buckets["wood"] = queues()  # any object will do: two services that hold the same one
    State(tmp_path / "state.pickle")
    both = pickle.loads(state._pickled())["backends"]
    assert both["s3"][ACCOUNT]["aws"].buckets["wood"] is both["sqs"][ACCOUNT]["us-east-1"]
    del buckets["wood"]


def test_nothing_is_there_at_first(tmp_path):
    State(tmp_path / "state.pickle").load()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"format": 0, "moto": moto.__version__, "backends": {}}),
        pickle.dumps({"format": state.FORMAT, "moto": "4.0", "backends": {}}),
        b"not a pickle",
        b"",
        b"cno.such.module\nThing\n.",
    ],
)
def test_a_file_of_another_version_says_what_to_do(tmp_path, content):
    (tmp_path / "state.pickle").write_bytes(content)
    with pytest.raises(StateOfAnotherVersion, match="make clean"):
        State(tmp_path / "state.pickle").load()


def test_what_belongs_to_the_process_is_made_anew(fresh):
    event = threading.Event()
    event.set()
    held = {"lock": threading.Lock(), "rlock": threading.RLock(), "event": event, "thread": threading.Thread()}
    thing = queues()
    thing.held, thing.weak = held, weakref.WeakValueDictionary({"self": thing})
    thing.lock_held = threading.Lock()
    copied = pickle.loads(state._pickled())["backends"]["sqs"][ACCOUNT]["us-east-1"]
    assert copied.held["lock"].acquire(blocking=False)
    assert copied.held["event"].is_set()
    assert copied.held["thread"] is None
    assert copied.weak["self"] is copied


def test_a_collection_that_grows_meanwhile_does_not_harm(fresh, tmp_path):
    stop = threading.Event()

    def grow():
        number = 0
        while not stop.is_set():
            number += 1
            queues().queues[f"q{number % 500}"] = number
            queues().queues.pop(f"q{(number + 250) % 500}", None)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        kept = State(tmp_path / "state.pickle")
        for _ in range(50):
            kept.write()
    finally:
        stop.set()
        thread.join()
    queues().queues.clear()
    kept.load()


def test_a_write_that_fails_leaves_the_last_one(fresh, tmp_path, monkeypatch):
    kept = State(tmp_path / "state.pickle")
    kept.write()
    before = (tmp_path / "state.pickle").read_bytes()
    queues().unpicklable = lambda: None
    with pytest.raises((AttributeError, pickle.PicklingError)):
        kept.write()
    assert (tmp_path / "state.pickle").read_bytes() == before


def test_the_places_in_moto_that_this_relies_on():
    assert issubclass(AccountSpecificBackend, dict)
    assert inspect.signature(get_backend).parameters
    for service in state.SERVICES:
        assert isinstance(get_backend(service), BackendDict), service
    assert get_backend("s3").bucket_accounts == {}
