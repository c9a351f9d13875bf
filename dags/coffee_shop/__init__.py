"""The coffee shop's own Python: settings, periods, the ledger of loads, workbooks and mail."""
