"""Glue: ministack keeps the catalog's records; crawls that look and Spark jobs that run are done here."""
