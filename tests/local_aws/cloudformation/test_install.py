"""Contract tests: each place in moto that we replace is where we think it is."""

import inspect
import pickle

from moto.cloudformation import models, urls
from moto.core import base_backend, responses

import local_aws.cloudformation
from local_aws.cloudformation import api, stacks


def test_moto_makes_the_backend_from_its_dict(tmp_path):
    assert 'cloudformation_backends = BackendDict(CloudFormationBackend, "cloudformation")' in inspect.getsource(models)
    assert "self.backend = backend" in inspect.getsource(base_backend.BackendDict.__init__)
    local_aws.cloudformation.install(tmp_path)
    assert isinstance(models.cloudformation_backends["111111111111"]["us-east-1"], api.Backend)


def test_moto_finds_the_api_through_its_urls(tmp_path):
    assert "{0}/$" in urls.url_paths
    local_aws.cloudformation.install(tmp_path)
    assert urls.url_paths["{0}/$"].__self__ is api.Api
    assert api.Backend("us-east-1", "111111111111").url_bases == urls.url_bases


def test_moto_dispatches_through_what_we_override():
    assert list(inspect.signature(responses.BaseResponse.call_action).parameters) == ["self"]
    for name in ("_get_action", "_get_params", "serialized"):
        assert callable(getattr(responses.BaseResponse, name))


def test_every_call_that_is_served_is_there():
    for action in api._ACTIONS:
        name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in action).lstrip("_")
        assert name in vars(api.Api), action


def test_what_is_kept_can_be_kept():
    stack = stacks.Stack("garden", "arn:garden")
    stack.note("CREATE_COMPLETE")
    assert pickle.loads(pickle.dumps(stack)) == stack


def test_an_operation_that_nobody_carries_on_has_failed():
    stack = stacks.Stack("garden", "arn:garden")
    stack.note("UPDATE_IN_PROGRESS")
    kept = pickle.loads(pickle.dumps(stack))
    assert (kept.status, kept.reason, kept.broken_off) == ("UPDATE_FAILED", stacks.INTERRUPTED, "UPDATE_IN_PROGRESS")
    assert [event.status for event in kept.events] == ["UPDATE_IN_PROGRESS", "UPDATE_FAILED"]
