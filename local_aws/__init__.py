"""AWS on a laptop: one process on 127.0.0.1, built on moto's server, that does for real what it does not refuse."""
