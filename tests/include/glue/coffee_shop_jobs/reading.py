"""Small raw files written out, and what the reader made of them."""

from datetime import date

from coffee_shop_jobs.cells import Limits
from coffee_shop_jobs.columns import CONTRACTS, SALES
from coffee_shop_jobs.control_totals import too_many_quarantined
from coffee_shop_jobs.raw_file import read_file

LIMITS = Limits.of_upload(date(2019, 4, 30), max_quantity=1000)
SALES_HEADER = [column.header for column in CONTRACTS[SALES].columns]
LINE = {
    "TransactionNo": "0007",
    "TransactionDate": "2019-04-24",
    "TransactionTime": "08:15:30",
    "SalesOutletNo": "5",
    "ProductNo": "32",
    "Quantity": "2",
    "UnitPrice": "3.00",
    "SaleAmount": "6.00",
}


class Read:
    """A file that was read: its summary, clean rows as dicts, quarantined rows."""

    def __init__(self, path, dataset, limits=LIMITS):
        contract = CONTRACTS[dataset]
        self.clean, self.quarantined = [], []
        self.summary = read_file(
            path,
            contract,
            limits,
            lambda columns: self.clean.extend(
                dict(zip(contract.names, row, strict=True)) for row in zip(*columns, strict=True)
            ),
            self.quarantined.extend,
            self._start_again,
        )
        self.totals = self.summary.as_json()

    @property
    def refused(self):
        """Why the file is refused for its rows in quarantine; None when it is not."""
        return too_many_quarantined(self.summary, 0.01)

    def column(self, name):
        """The clean rows' values of a column."""
        return [row[name] for row in self.clean]

    def _start_again(self):
        self.clean.clear()
        self.quarantined.clear()

    @property
    def reasons(self):
        return {row.line: row.reasons for row in self.quarantined}


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('",\n') else cell


def sales(*lines, header=SALES_HEADER, end="\n"):
    """A file of sales with a line for each dict of what differs from LINE."""
    rows = [[{**LINE, **line}.get(name, "") for name in header] for line in lines]
    return "".join(",".join(map(quoted, row)) + end for row in [header, *rows])


def inventory(*rows, header="SalesOutletNo,TransactionDate,ProductNo,StoctQuantity,SoldQuantity,Waste,WastePercentage"):
    return "\n".join([header, *rows, ""])


def targets(*rows, header="SalesOutletNo,MonthYear,Beans,Beverage,Food,Merchendise,TotalGoal"):
    return "\n".join([header, *rows, ""])


def totals(receipts, rows, quantity, amount):
    """A claim without its digest."""
    return {"receipts": receipts, "rows": rows, "quantity": quantity, "amount": amount}.items()
