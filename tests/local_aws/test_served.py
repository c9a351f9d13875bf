"""The list of what is for real holds names that AWS has, and moto or we have code for each."""

import botocore.session
import pytest

from local_aws.served import SERVED


@pytest.mark.parametrize("service", sorted(SERVED))
def test_every_name_is_an_operation_of_the_service(service):
    model = botocore.session.get_session().get_service_model(service)
    assert SERVED[service] - set(model.operation_names) == set()
