"""What people use to replace a running server, each driven as its own manual says."""

from __future__ import annotations

from .aeterna import AeternaArena, AeternaAsyncio, AeternaGunicorn, AeternaNginx
from .einhorn import Einhorn
from .gunicorn import GunicornHup, GunicornUsr2
from .haproxy import HaproxyReload
from .method import Method
from .nginx import NginxUsr2
from .pm2 import Pm2Reload
from .restart import GunicornRestart, HeldSocket, Restart
from .starter import ServerStarter
from .uvicorn import UvicornHup
from .uwsgi import UwsgiChain

# In the table's order: those of the same program beside each other.
METHODS: tuple[type[Method], ...] = (
    AeternaAsyncio,
    AeternaArena,
    Restart,
    AeternaGunicorn,
    GunicornHup,
    GunicornUsr2,
    ServerStarter,
    GunicornRestart,
    HeldSocket,
    UwsgiChain,
    UvicornHup,
    Pm2Reload,
    AeternaNginx,
    NginxUsr2,
    HaproxyReload,
    Einhorn,
)
