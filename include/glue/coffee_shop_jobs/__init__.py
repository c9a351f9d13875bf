"""What the Glue jobs share: the raw files' contract, who holds a day, the star schema, putting objects in place."""
