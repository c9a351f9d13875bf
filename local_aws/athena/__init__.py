"""Athena: queries in Trino's SQL that are answered by DuckDB over the objects on disk."""
