"""What the story of the load is made of: the uploads, the roles, and how tests look at what it left."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.dags.lake import objects
from tests.dags.load.till_files import sales

Account = Callable[..., Any]  # makes clients of the account itself, which may do everything

STACK = "coffee-shop"
ACCOUNT_ID = "123456789012"
AIRFLOW = f"arn:aws:iam::{ACCOUNT_ID}:role/airflow-of-the-shop"
OWN_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"},
    ],
}

APRIL = "sales-reciept/april.csv"
SPRING = "sales-reciept/spring.csv"
LATE = "sales-reciept/late.csv"
BROKEN = "sales-reciept/broken.csv"
SHOP_5 = "sales-reciept/shop-5.csv"
FIX = "sales-reciept/corrections/second.csv"
STOCK = "pastry-inventory/2019/april.csv"  # in a folder: a partition for the raw crawler
STOCK_OF_FIFTH = "pastry-inventory/2019/fifth.csv"
GOALS = "sales-target/2019.csv"

# the till's numbers begin again at every outlet: outlet 5 has a transaction 1 on the first of April as well
APRIL_SALES = sales(
    {"TransactionNo": "1", "Quantity": "2", "SaleAmount": "6.00"},
    {"TransactionNo": "1", "ProductNo": "70", "ProductCategory": "Bakery", "UnitPrice": "2.50", "SaleAmount": "2.50"},
    # the same product rung up twice: both count
    {"TransactionNo": "2", "TransactionTime": "09:00:00", "CustomerNo": "NULL", "StaffNo": "NULL"},
    {"TransactionNo": "2", "TransactionTime": "09:00:00", "CustomerNo": "NULL", "StaffNo": "NULL"},
    {"TransactionNo": "1", "SalesOutletNo": "5", "Neighorhood": "Downtown"},
    {"TransactionNo": "1", "TransactionDate": "2019-04-02", "Quantity": "4", "SaleAmount": "10.00"},
    {"TransactionDate": "2019-04-03", "SalesOutletNo": "5", "SaleAmount": "7.00", "Neighorhood": "Lower Manhattan"},
)
LAST_OF_APRIL = {"TransactionDate": "2019-04-30", "SalesOutletNo": "8"}
SPRING_SALES = sales(
    LAST_OF_APRIL,
    {"TransactionDate": "2019-05-01", "SalesOutletNo": "8", "CustomerNo": "77"},
    {"TransactionDate": "2019-05-01", "SalesOutletNo": "8", "Quantity": "many"},
)
SPRING_WITHOUT_MAY = sales(LAST_OF_APRIL)


def assumed(account: Account, role: str, session: str) -> dict[str, str]:
    """Return credentials of a role as environment variables."""
    keys = account("sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    names = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY"}
    return {name: keys[key] for key, name in (names | {"SessionToken": "AWS_SESSION_TOKEN"}).items()}


def state_of(s3: Any, stack: Mapping[str, str], key: str) -> Any:
    """Return an object of the state bucket."""
    return json.loads(s3.get_object(Bucket=stack["COFFEE_SHOP_STATE_BUCKET"], Key=key)["Body"].read())


def table_objects(s3: Any, stack: Mapping[str, str]) -> dict[str, Any]:
    """Return ETag and LastModified of all objects of clean and conform."""
    return objects(s3, stack["COFFEE_SHOP_CLEAN_BUCKET"]) | {
        f"conform/{key}": found for key, found in objects(s3, stack["COFFEE_SHOP_CONFORM_BUCKET"]).items()
    }
