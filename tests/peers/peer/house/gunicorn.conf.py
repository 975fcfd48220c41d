"""As many workers as cores, each with threads that keep their connections: what was fastest where it was tried."""

import os

worker_class = "gthread"
workers = int(os.environ["PEER_CORES"])
threads = int(os.environ["PEER_THREADS"])
keepalive = 75
preload_app = False
