"""The page shows what the catalog says."""

from docs.data_model_page import PAGE, page


def test_the_page_is_as_new_as_the_data_model():
    assert PAGE.read_text() == page(), "type: make docs"


def test_facts_point_to_their_dimensions():
    text = page()
    assert "customer ||--o{ sales_reciept : customer_id" in text
    assert "date_ ||--o{ sales_target : month_id" in text
    assert "staff ||--o{ pastry_inventory" not in text
