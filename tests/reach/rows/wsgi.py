"""WSGI servers of Python, and frameworks in them."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row

BAD = {"app.py": 'raise RuntimeError("a bad version")\n'}

WSGI = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\\n"]
"""
FLASK = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"
"""
BOTTLE = """\
import os

import bottle


@bottle.get("/")
def hello():
    return "hello"


app = bottle.default_app()
if __name__ == "__main__":
    bottle.run(host="127.0.0.1", port=int(os.environ["PORT"]))
"""
DJANGO = """\
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="secret")


def hello(request):
    return HttpResponse("hello")


urlpatterns = [path("", hello)]
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
else:
    app = get_wsgi_application()
"""
FALCON = """\
import falcon


class Hello:
    def on_get(self, request, response):
        response.text = "hello"


app = falcon.App()
app.add_route("/", Hello())
"""
PYRAMID = """\
from pyramid.config import Configurator
from pyramid.response import Response

with Configurator() as config:
    config.add_route("hello", "/")
    config.add_view(lambda request: Response("hello"), route_name="hello")
    app = config.make_wsgi_app()
"""
CHERRYPY = """\
import os

import cherrypy


class Hello:
    @cherrypy.expose
    def index(self):
        return "hello"


cherrypy.config.update(
    {
        "server.socket_host": "127.0.0.1",
        "server.socket_port": int(os.environ["PORT"]),
        "server.thread_pool": 20,
        "engine.autoreload.on": False,
    }
)
cherrypy.quickstart(Hello())
"""
WEBPY = """\
import web


class Hello:
    def GET(self):
        return "hello"


if __name__ == "__main__":
    web.application(("/", "Hello"), globals()).run()
"""
SOCKETIO = """\
import os

from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent")


@app.get("/")
def hello():
    return "hello"


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
"""
WERKZEUG = """\
import os

from werkzeug import Request, Response, run_simple


@Request.application
def app(request):
    return Response("hello")


if __name__ == "__main__":
    run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
"""
GEVENT = """\
import os

from gevent.pywsgi import WSGIServer


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\\n"]


WSGIServer(("127.0.0.1", int(os.environ["PORT"])), app).serve_forever()
"""
EVENTLET = """\
import os

import eventlet
from eventlet import wsgi


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\\n"]


wsgi.server(eventlet.listen(("127.0.0.1", int(os.environ["PORT"]))), app)
"""
WSGIREF = """\
import os
from wsgiref.simple_server import make_server


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\\n"]


make_server("127.0.0.1", int(os.environ["PORT"]), app).serve_forever()
"""
GUNICORN = ["@BIN@/gunicorn", "app:app", "-b", "127.0.0.1:@PORT@", "--keep-alive", "60"]
GTHREAD = [*GUNICORN, "-k", "gthread", "--threads", "20"]
PYTHON = ["@BIN@/python", "app.py"]
CHEROOT = ["@BIN@/cheroot", "--bind", "127.0.0.1:@PORT@", "--threads", "20", "app:app"]
FLASK_RUN = ["@BIN@/flask", "run", "--port", "@PORT@"]
DJANGO_RUN = ["@BIN@/python", "app.py", "runserver", "127.0.0.1:@PORT@"]
UWSGI = [
    *("/usr/bin/uwsgi", "--plugin", "python3", "--need-app", "--master"),
    *("--wsgi-file", "app.py", "--callable", "app", "--die-on-term"),
]


def _row(
    name: str,
    package: str,
    command: Sequence[str],
    app: str = WSGI,
    how: str = "",
    bad_command: Sequence[str] = (),
) -> Row:
    bad = {} if bad_command else BAD
    files = {"app.py": app}
    origin = f"pypi wsgi {package}" if " " not in package else package
    env = {"PYTHONPATH": "@DIR@"}
    return Row(name, origin, command, files, bad, bad_command=bad_command, how=how, env=env)


ROWS: Sequence[Row] = [
    _row("gunicorn-sync", "gunicorn", GUNICORN),
    _row("gunicorn-gthread", "gunicorn", GTHREAD),
    _row("gunicorn-workers", "gunicorn", [*GTHREAD, "-w", "2"]),
    _row("gunicorn-preload", "gunicorn", [*GTHREAD, "-w", "2", "--preload"]),
    _row("gunicorn-gevent", "gunicorn", [*GUNICORN, "-k", "gevent"]),
    _row("gunicorn-tornado", "gunicorn", [*GUNICORN, "-k", "tornado"]),
    _row("gunicorn-flask", "flask", GTHREAD, FLASK),
    _row("gunicorn-django", "django", GTHREAD, DJANGO),
    _row("gunicorn-falcon", "falcon", GTHREAD, FALCON),
    _row("gunicorn-pyramid", "pyramid", GTHREAD, PYRAMID),
    _row("gunicorn-bottle", "bottle", GTHREAD, BOTTLE),
    _row("waitress", "waitress", ["@BIN@/waitress-serve", "--listen=127.0.0.1:@PORT@", "app:app"]),
    _row("cheroot", "cheroot", CHEROOT),
    _row("cherrypy", "cherrypy", PYTHON, CHERRYPY, "python app.py (cherrypy.quickstart)"),
    _row("bottle", "bottle", PYTHON, BOTTLE, "python app.py (bottle.run)"),
    _row("web.py", "web.py", [*PYTHON, "127.0.0.1:@PORT@"], WEBPY),
    _row("werkzeug", "werkzeug", PYTHON, WERKZEUG, "python app.py (run_simple)"),
    _row("flask-run", "flask", FLASK_RUN, FLASK),
    _row(
        "flask-run-debug",
        "flask",
        [*FLASK_RUN, "--debug"],
        FLASK,
        bad_command=["@BIN@/flask", "--app", "no_such_app", *FLASK_RUN[1:]],
    ),
    _row("django-runserver", "django", [*DJANGO_RUN, "--noreload"], DJANGO),
    _row(
        "django-runserver-reload",
        "django",
        DJANGO_RUN,
        DJANGO,
        bad_command=["@BIN@/python", "app.py", "runserver", "no such address"],
    ),
    _row("flask-socketio", "flask-socketio", PYTHON, SOCKETIO, "python app.py (gevent)"),
    _row("gevent", "gevent", PYTHON, GEVENT, "python app.py (gevent.pywsgi)"),
    _row("eventlet", "eventlet", PYTHON, EVENTLET, "python app.py (eventlet.wsgi)"),
    _row(
        "wsgiref",
        "here python3",
        ["/usr/bin/python3", "app.py"],
        WSGIREF,
        "python3 app.py (wsgiref)",
    ),
    _row("uwsgi", "here uwsgi-core", [*UWSGI, "--http-socket", "127.0.0.1:@PORT@"]),
    _row(
        "uwsgi-workers", "here uwsgi-core", [*UWSGI, "--http-socket", "127.0.0.1:@PORT@", "-p", "2"]
    ),
    _row(
        "uwsgi-http", "here uwsgi-core", [*UWSGI, "--plugin", "http", "--http", "127.0.0.1:@PORT@"]
    ),
]
