import pytest

from local_aws.athena import datetimes
from local_aws.athena.errors import QueryError


def test_formats_for_printing():
    assert datetimes.mysql_to_strftime("%Y-%m-%d %H:%i:%s.%f %W %e%%", None) == "%Y-%m-%d %H:%M:%S.%f %A %-d%%"
    assert datetimes.joda_to_strftime("yyyy-MM-dd'T'HH:mm:ss.SSS EEE 100%", None) == "%Y-%m-%dT%H:%M:%S.%g %a 100%%"


def test_formats_for_reading():
    assert datetimes.mysql_to_strptime("%c/%e/%Y", None) == "%m/%d/%Y"
    assert datetimes.joda_to_strptime("d/M/yyyy", None) == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("translate", "pattern", "message"),
    [
        (datetimes.mysql_to_strftime, "%U", "INVALID_FUNCTION_ARGUMENT: %U not currently supported"),
        (datetimes.mysql_to_strftime, "a%", "INVALID_FUNCTION_ARGUMENT: Invalid date format string"),
        (datetimes.mysql_to_strptime, "%H:%i", "NOT_SUPPORTED: date_parse with format %H:%i"),
        (datetimes.joda_to_strftime, "yyyy Q", "NOT_SUPPORTED: date format letters Q"),
        (datetimes.joda_to_strptime, "HH:mm", "NOT_SUPPORTED: parse_datetime with format HH:mm"),
    ],
)
def test_what_has_no_translation_is_refused(translate, pattern, message):
    with pytest.raises(QueryError) as e:
        translate(pattern, None)
    assert str(e.value).startswith(message)
