"""Whole applications of PyPI: notebooks, dashboards, gateways of models, tool servers."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from ..talk import Http

BAD = {"app.py": 'raise RuntimeError("a bad version")\n'}

GRADIO = """\
import os

import gradio

with gradio.Blocks() as blocks:
    gradio.Markdown("hello")
blocks.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]))
"""
STREAMLIT = 'import streamlit\n\nstreamlit.write("hello")\n'
DASH = """\
import os

from dash import Dash, html

app = Dash()
app.layout = html.P("hello")
app.run(host="127.0.0.1", port=os.environ["PORT"])
"""
NICEGUI = """\
import os

from nicegui import ui

ui.label("hello")
ui.run(host="127.0.0.1", port=int(os.environ["PORT"]), reload=False, show=False)
"""
PANEL = 'import panel\n\npanel.pane.Markdown("hello").servable()\n'
CHAINLIT = """\
import chainlit


@chainlit.on_message
async def answer(message):
    await chainlit.Message("hello").send()
"""
LANGSERVE = """\
from fastapi import FastAPI
from langchain_core.runnables import RunnableLambda
from langserve import add_routes

app = FastAPI()
add_routes(app, RunnableLambda(lambda text: "hello " + text), path="/hello")
"""
CELERY = """\
from celery import Celery

app = Celery("app", broker="memory://")
"""
MCP = """\
import os

from mcp.server.mcpserver import MCPServer

server = MCPServer("hello")


@server.tool()
def hello() -> str:
    return "hello"


port = int(os.environ["PORT"])
server.run("streamable-http", port=port, stateless_http=True, json_response=True)
"""
LITELLM = """\
model_list:
  - model_name: fake
    litellm_params:
      model: openai/fake
      api_key: none
      mock_response: hello
"""
LIST = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
JSON = ("Content-Type: application/json", "Accept: application/json, text/event-stream")
LOCAL = ["--ip=127.0.0.1", "--port=@PORT@", "--port-retries=0", "--allow-root"]
PYTHON = ["@BIN@/python", "app.py"]
UVICORN = ["@BIN@/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "@PORT@"]
STREAMLIT_RUN = [
    *("@BIN@/streamlit", "run", "app.py", "--server.headless", "true", "--server.address"),
    *("127.0.0.1", "--server.port", "@PORT@", "--browser.gatherUsageStats", "false"),
]


def _row(
    name: str,
    command: Sequence[str],
    files: dict[str, str] | None = None,
    path: str = "/",
    bad_command: Sequence[str] = (),
    package: str = "",
    talk: Http | None = None,
    how: str = "",
) -> Row:
    return Row(
        name,
        f"pypi apps {package or name}",
        command,
        files or {},
        {} if bad_command else BAD,
        bad_command=bad_command,
        talk=talk or Http(path),
        how=how,
        env={"GRADIO_ANALYTICS_ENABLED": "False", "SCARF_NO_ANALYTICS": "true"},
        deadline_s=420,
    )


ROWS: Sequence[Row] = [
    _row("gradio", PYTHON, {"app.py": GRADIO}),
    _row(
        "streamlit",
        STREAMLIT_RUN,
        {"app.py": STREAMLIT},
        bad_command=["@BIN@/streamlit", "run", "no_such.py"],
    ),
    _row("dash", PYTHON, {"app.py": DASH}),
    _row("nicegui", PYTHON, {"app.py": NICEGUI}, bad_command=["@BIN@/python", "no_such_app.py"]),
    _row(
        "panel",
        ["@BIN@/panel", "serve", "app.py", "--address", "127.0.0.1", "--port", "@PORT@"],
        {"app.py": PANEL},
        "/app",
        ["@BIN@/panel", "serve", "no_such.py"],
    ),
    _row(
        "chainlit",
        ["@BIN@/chainlit", "run", "-h", "app.py", "--host", "127.0.0.1", "--port", "@PORT@"],
        {"app.py": CHAINLIT},
    ),
    _row("langserve", UVICORN, {"app.py": LANGSERVE}, "/hello/input_schema"),
    Row(
        "litellm",
        "pypi llm litellm",
        ["@BIN@/litellm", "--config", "conf.yaml", "--host", "127.0.0.1", "--port", "@PORT@"],
        {"conf.yaml": LITELLM},
        bad_command=["@BIN@/litellm", "--config", "no_such.yaml", "--port", "@PORT@"],
        talk=Http("/health/liveliness"),
        env={
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_MASTER_KEY": "sk-3b1f0c7e52a94d08b6d1c9e8f7a60542",
        },
        deadline_s=420,
    ),
    _row(
        "flower",
        ["@BIN@/celery", "-A", "app", "flower", "--address=127.0.0.1", "--port=@PORT@"],
        {"app.py": CELERY},
        "/healthcheck",
    ),
    _row(
        "jupyter-server",
        ["@BIN@/jupyter", "server", *LOCAL, "--IdentityProvider.token="],
        {},
        "/api",
        ["@BIN@/jupyter", "server", "--ServerApp.port=none"],
    ),
    _row(
        "jupyter-kernel-gateway",
        [
            "@BIN@/jupyter",
            "kernelgateway",
            "--KernelGatewayApp.ip=127.0.0.1",
            "--KernelGatewayApp.port=@PORT@",
        ],
        {},
        "/api",
        ["@BIN@/jupyter", "kernelgateway", "--KernelGatewayApp.port=none"],
        package="jupyter_kernel_gateway",
    ),
    _row(
        "marimo",
        [
            "@BIN@/marimo",
            "edit",
            "--headless",
            "--no-token",
            "--host",
            "127.0.0.1",
            "-p",
            "@PORT@",
            "--skip-update-check",
        ],
        {},
        "/health",
        ["@BIN@/marimo", "edit", "--no-such-option"],
    ),
    Row(
        "mcp-http",
        "pypi asgi mcp",
        PYTHON,
        {"app.py": MCP},
        BAD,
        talk=Http("/mcp", headers=JSON, body=LIST, host="localhost:1"),
        how="python app.py (streamable HTTP, stateless)",
    ),
]
