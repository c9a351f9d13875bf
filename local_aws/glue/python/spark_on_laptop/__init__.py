"""The inside of a job run's process. Nothing here imports the local AWS: a script sees only what Glue has."""
