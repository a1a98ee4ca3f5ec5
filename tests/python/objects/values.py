"""Values: nothing of them changes in place."""

from __future__ import annotations

import argparse
import builtins
import configparser
import datetime
import decimal
import email.message
import enum
import fractions
import hashlib
import http.cookies
import ipaddress
import operator
import pathlib
import random
import re
import string
import struct
import time
import urllib.parse
import uuid
import xml.etree.ElementTree
import zlib
import zoneinfo

from .facts import there
from .table import EXACT, REFUSED, both, kind, values


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


class Rights(enum.IntFlag):
    READ = 4
    WRITE = 2


class Celsius(float):
    """A number with attributes."""


class AgentError(Exception):
    def __init__(self, code, text):
        super().__init__(code, text)
        self.code = code


values("None, where there was a dict", EXACT, None, {})
values("int, large", EXACT, -(10**80), 0)
values("float: nan, inf, -0.0", EXACT, [float("nan"), float("inf"), -0.0], [])
values("complex", EXACT, 1 - 2j, 0j)
values("str with a lone surrogate", EXACT, "gr\u00fcn \udc80 \0", "")
values("Ellipsis, NotImplemented", EXACT, [..., NotImplemented], [])
values("decimal.Decimal", EXACT, decimal.Decimal("1.10"), decimal.Decimal(0))
values("fractions.Fraction", EXACT, fractions.Fraction(1, 3), fractions.Fraction(0))
values("uuid.UUID", EXACT, uuid.UUID(int=5), uuid.UUID(int=0))
values("pathlib.Path", EXACT, pathlib.Path("/tmp/x"), pathlib.Path("."), seen=repr)
values("ipaddress", EXACT, ipaddress.ip_address("127.0.0.1"), seen=str)
values("datetime.timedelta", EXACT, datetime.timedelta(1, 2, 3), datetime.timedelta())
values("time.struct_time", EXACT, time.gmtime(5), time.gmtime(0))
values("enum.Enum", EXACT, Colour.RED, Colour.BLUE)
values("enum.IntFlag", EXACT, Rights.READ | Rights.WRITE, Rights(0), seen=repr)
values("urllib.parse result", EXACT, urllib.parse.urlsplit("http://a/b?c"), None, seen=repr)
values(
    "datetime with a time zone",
    EXACT,
    datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=1), "X")),
    None,
    seen=repr,
)
both("re.Pattern", EXACT, lambda: re.compile("a+", re.I))
both("re.Match", REFUSED, lambda: re.match("a", "a"), seen=there)
both("hashlib.sha256", REFUSED, hashlib.sha256, seen=there)
both("zlib.compressobj", REFUSED, zlib.compressobj, seen=there)
both("struct.Struct", REFUSED, lambda: struct.Struct("<I"), seen=there)
both("string.Template", EXACT, lambda: string.Template("$a"))
both("operator.itemgetter", EXACT, lambda: operator.itemgetter(1, 2), seen=repr)


@kind("float with attributes", EXACT)
def celsius(served):
    made = Celsius(20.5 if served else 0)
    made.where = "here" if served else ""
    return made


@kind("random.Random", EXACT, seen=lambda v: v.getstate()[1][:5])
def dice(served):
    made = random.Random(1)
    made.random() if served else None
    return made


@kind("exception with attributes", EXACT, seen=lambda v: [repr(v), v.code])
def error(served):
    return AgentError(5 if served else 0, "no")


@kind("exception with its cause", EXACT, seen=lambda v: [repr(v), repr(v.__cause__)])
def caused(served):
    if not served:
        return None
    try:
        try:
            raise KeyError("model")
        except KeyError as cause:
            raise AgentError(5, "no") from cause
    except AgentError as error:
        return error.with_traceback(None)


@kind("argparse.Namespace", EXACT)
def options(served):
    return argparse.Namespace(port=1) if served else argparse.Namespace()


@kind("configparser.ConfigParser", EXACT, seen=lambda v: {s: dict(v[s]) for s in v.sections()})
def config(served):
    made = configparser.ConfigParser()
    if served:
        made.read_dict({"a": {"b": "1"}})
    return made


@kind("http.cookies.SimpleCookie", EXACT, seen=str)
def cookie(served):
    return http.cookies.SimpleCookie("a=1" if served else "")


@kind("email.message.EmailMessage", EXACT, seen=str)
def message(served):
    made = email.message.EmailMessage()
    if served:
        made["Subject"] = "hi"
        made.set_content("text")
    return made


@kind("xml.etree Element", EXACT, seen=xml.etree.ElementTree.tostring)
def element(served):
    return xml.etree.ElementTree.XML("<a b='1'><c/>text</a>" if served else "<a/>")


GROUP = getattr(builtins, "ExceptionGroup", None)  # 3.11

if GROUP is not None:

    @kind("ExceptionGroup", EXACT, seen=repr)
    def group(served):
        return GROUP("all", [ValueError(1), KeyError(2)] if served else [OSError()])


try:
    ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
except KeyError:
    ZONE = None  # no such data on this system
if ZONE is not None:
    both("zoneinfo.ZoneInfo", EXACT, lambda: ZONE, seen=repr)
