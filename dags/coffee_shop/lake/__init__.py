"""What is known about the lake: the ledger of published loads, and conditional writes to the state bucket."""
