"""The whole pipeline on one laptop: check the machine, start and stop the services, run the demo."""
