"""The outputs of a stack as the environment of the DAGs. What changes a stack is in test_deploy.py."""

from typing import Any

from infrastructure import stack


def test_names_of_outputs_become_variables():
    found: Any = {
        "Outputs": [{"OutputKey": "RawBucket", "OutputValue": "a"}, {"OutputKey": "Stack", "OutputValue": "b"}]
    }
    assert stack.environment(found) == {"COFFEE_SHOP_RAW_BUCKET": "a", "COFFEE_SHOP_STACK": "b"}


def test_the_env_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "deep" / "x.env"
    assert stack.write_environment(path, {"A": "1"})
    assert not stack.write_environment(path, {"A": "1"})
    assert stack.write_environment(path, {"A": "2"})
    assert path.read_text().splitlines()[1:] == ["A=2"]
    assert [one.name for one in path.parent.iterdir()] == ["x.env"]
