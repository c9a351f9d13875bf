from docs.settings_page import PAGE, page


def test_the_page_is_as_new_as_the_settings():
    assert PAGE.read_text() == page(), "type make docs"


def test_a_setting_has_its_meaning_its_rule_and_its_default():
    assert (
        "| `wait_days` | A report waits only for days that are at most this old. | a whole number from 0 to 366 | `3` |"
        in page()
    )
