"""A LangGraph agent whose checkpoints are in memory: every conversation and all of its history.

It knows nothing of Aeterna. InMemorySaver keeps everything in three dictionaries; with all of them
as state the next version goes on with every conversation, and can go back in it:
`handoff.state: [{langgraph: "langgraph_agent:SAVER"}]`

`/NAME` is a turn of the conversation NAME, `/NAME/history` all its checkpoints, the newest first.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

PORT = int(os.environ.get("PORT", "8080"))
REMEMBERED = 20
PER_TURN = 3  # checkpoints: the question, what to run, the answer


def newest(old: list[str], new: list[str]) -> list[str]:
    return (old + new)[-REMEMBERED:]


class Chat(TypedDict, total=False):
    count: int
    turns: Annotated[list[str], newest]


def reply(state: Chat) -> Chat:
    """Where a model would be asked."""
    count = state.get("count", 0) + 1
    return {"count": count, "turns": [f"answer {count} to {state['turns'][-1]}"]}


SAVER = InMemorySaver()
BUILDER = StateGraph(Chat)
BUILDER.add_node("reply", reply)
BUILDER.add_edge(START, "reply")
BUILDER.add_edge("reply", END)
GRAPH = BUILDER.compile(checkpointer=SAVER)
ONE_AT_A_TIME = asyncio.Lock()  # turns of one conversation build on each other


async def turn(name: str) -> dict[str, Any]:
    config: RunnableConfig = {"configurable": {"thread_id": name}}
    async with ONE_AT_A_TIME:
        chat = await GRAPH.ainvoke({"turns": ["hello"]}, config)
        checkpoints = len(SAVER.storage[name][""])
    return {
        "count": chat["count"],
        "turns": len(chat["turns"]),
        "sum": checkpoints,
        "expected": chat["count"] * PER_TURN,
        "pid": os.getpid(),
    }


async def history(name: str) -> list[Any]:
    config: RunnableConfig = {"configurable": {"thread_id": name}}
    return [
        [state.config["configurable"]["checkpoint_id"], state.metadata, state.values, state.next]
        async for state in GRAPH.aget_state_history(config)
    ]


def response(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode("ascii", "replace")
            name, _, what = path.strip("/").partition("/")
            answer = await (history(name) if what == "history" else turn(name))
            writer.write(response(json.dumps(answer).encode() + b"\n"))
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
