"""What the published description holds beside the operations: how to sign in, and the two streams."""

from typing import Any

_PLACE = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": {"type": "string"},
    "description": "`<event>.<sample>` of the last message seen; also accepted as ?last_event_id=",
}
_SESSION = {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _stream(name: str, summary: str, description: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    events = {"text/event-stream": {"schema": {"type": "string"}}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "description": description,
            "parameters": parameters,
            "responses": {"200": {"description": "Server-sent events until either side ends it", "content": events}},
            "tags": ["streams"],
        }
    }


EXTRA: dict[str, Any] = {
    "security": [{"bearer": []}, {"cookie": []}],
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A token of a person or a device"},
            "cookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "A signed-in browser; what changes something also needs the header X-CSRFToken",
            },
        }
    },
    "paths": {
        "/api/v1/sessions/{session_id}/stream": _stream(
            "session_stream",
            "One session as it changes",
            "`view`: the session resource. `events`: new events of the ledger. `samples`: new device samples "
            "`{channel, value, unit, at}`. `tick` each second: `{now, rate}`.",
            [_SESSION, _PLACE],
        ),
        "/api/v1/board/stream": _stream(
            "board_stream",
            "The board as it changes",
            "`view` each second: the board resource. `tick`: `{now, rate}`.",
            [],
        ),
    },
}
