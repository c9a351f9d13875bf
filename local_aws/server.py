"""The server: installs what is for real, loads what was kept, answers on 127.0.0.1."""

import importlib
import importlib.util
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")  # no web page has business here; moto reads it on import

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from local_aws.gateway import CallRecord, Gateway
from local_aws.s3 import moto_backend

HOST = "127.0.0.1"
INSTALLED = ("local_aws.s3", "local_aws.ses", "local_aws.glue", "local_aws.athena", "local_aws.cloudformation")


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    home: Path
    _server: BaseWSGIServer
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop answering and close the files."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        moto_backend.uninstall()
        BackendDict.reset()


def start(home: Path, port: int = 0) -> Server:
    """Start the local AWS in this process; there can be one at a time.

    Args:
        home: the folder that holds its whole state; made when missing.
        port: on 127.0.0.1; 0 takes a free one.

    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for name in INSTALLED:
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        if hasattr(module, "install"):
            module.install(home)
    server = make_server(HOST, port, Gateway(_after), threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, name="local-aws", daemon=True)
    thread.start()
    return Server(f"http://{HOST}:{server.server_port}", home, server, thread)


def _after(record: CallRecord) -> None:
    """Do what follows a call."""
