"""What docker-compose.yaml builds and runs: the images, the settings of their services, and what runs once."""
