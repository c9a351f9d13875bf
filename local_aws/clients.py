"""Clients of this AWS itself: what a service does for somebody it does by the API, with that caller's own keys."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from ministack.core.responses import get_region


def url() -> str:
    """Return where this AWS answers."""
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"


def client_of(service: str, keys: Mapping[str, str]) -> Any:
    """Return a client of a service. keys: as the environment variables that AWS's own programs get them in."""
    token = keys.get("AWS_SESSION_TOKEN")
    return _client(service, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], token, get_region())


@lru_cache(maxsize=128)  # making one takes long
def _client(service: Any, key: str, secret: str, token: str | None, region: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20)
    return boto3.Session(key, secret, token, region).client(service, endpoint_url=url(), config=config)
