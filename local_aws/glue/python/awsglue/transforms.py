"""Refused: Amazon's own library."""

raise ImportError("awsglue.transforms is Amazon's own library and not in the local AWS; use Spark DataFrames instead")
