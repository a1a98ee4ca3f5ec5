"""What belongs to a process: threads, files, sockets, and what is made of them."""

from __future__ import annotations

import concurrent.futures
import csv
import ctypes
import http.cookiejar
import io
import logging
import mmap
import multiprocessing
import os
import queue
import select
import selectors
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import zipfile

from .facts import there
from .table import EXACT, REFUSED, both, kind


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_double))


class Reader(io.BytesIO):
    """A stream with attributes."""


for name, made in {
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
    "threading.Event": threading.Event,
    "threading.Condition": threading.Condition,
    "threading.Semaphore": threading.Semaphore,
    "threading.Thread": threading.Thread,
    "threading.local": threading.local,
    "queue.Queue": queue.Queue,
    "queue.PriorityQueue": queue.PriorityQueue,
    "queue.SimpleQueue": queue.SimpleQueue,
    "ThreadPoolExecutor": concurrent.futures.ThreadPoolExecutor,
    "concurrent.futures.Future": concurrent.futures.Future,
    "multiprocessing.Queue": multiprocessing.Queue,
    "multiprocessing.Lock": multiprocessing.Lock,
    "subprocess.Popen": lambda: subprocess.Popen(["true"]),
    "tempfile.TemporaryFile": tempfile.TemporaryFile,
    "file, text": lambda: open(__file__),
    "file, binary": lambda: open(__file__, "rb"),
    "io.TextIOWrapper": lambda: io.TextIOWrapper(io.BytesIO()),
    "zipfile.ZipFile": lambda: zipfile.ZipFile(io.BytesIO(), "w"),
    "csv.reader": lambda: csv.reader([]),
    "os.DirEntry": lambda: next(os.scandir("/")),
    "mmap.mmap": lambda: mmap.mmap(-1, 4096),
    "select.epoll": select.epoll,
    "selectors.DefaultSelector": selectors.DefaultSelector,
    "ssl.SSLContext": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    "sqlite3.Connection": lambda: sqlite3.connect(":memory:"),
    "logging.StreamHandler": logging.StreamHandler,
    "ctypes pointer": lambda: ctypes.pointer(ctypes.c_int(5)),
}.items():
    both(name, REFUSED, made, seen=there)

# By its name: what is attached to it is the new version's own.
both("logging.Logger", REFUSED, lambda: logging.getLogger("objects"), entry=EXACT, seen=repr)


@kind("io.BytesIO", EXACT, seen=lambda v: [v.getvalue(), v.tell()])
def bytes_io(served):
    made = io.BytesIO()
    made.write(b"abc" if served else b"")
    made.seek(1)
    return made


@kind("io.BytesIO with attributes", EXACT, seen=lambda v: [v.getvalue(), v.about])
def reader(served):
    made = Reader(b"abc" if served else b"")
    made.about = "ann" if served else ""
    return made


@kind("io.StringIO", EXACT, seen=lambda v: [v.getvalue(), v.tell()])
def string_io(served):
    made = io.StringIO()
    made.write("abc" if served else "")
    made.seek(1)
    return made


@kind("socket.socket", EXACT, seen=lambda v: [v.type, v.getsockopt(1, 7) > 0, v.fileno() >= 0])
def sockets(served):
    return socket.socket()


@kind("ctypes.Structure", EXACT, seen=lambda v: [v.x, v.y])
def structure(served):
    return Point(5, 2.5) if served else Point()


@kind("tempfile.SpooledTemporaryFile", EXACT, seen=lambda v: [v._file.getvalue(), v.tell()])
def spooled(served):
    made = tempfile.SpooledTemporaryFile()
    made.write(b"abc" if served else b"")
    return made


# Neither has a class, or a state, that pickle could name.
both("ctypes array", REFUSED, lambda: (ctypes.c_int * 3)(1, 2, 3), seen=there)
both("http.cookiejar.CookieJar", REFUSED, http.cookiejar.CookieJar, seen=there)
