"""What the tasks of the load do: raw files to conformed tables."""
