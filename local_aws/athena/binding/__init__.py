"""Binding: what a query means, in Trino's terms, and how DuckDB computes it."""
