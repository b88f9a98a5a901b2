"""The end of a connection, as its backend hears of it."""

END = {
    "integration.request.header.X-Code": "context.disconnectStatusCode",
    "integration.request.header.X-Reason": "context.disconnectReason",
}


async def end_of(backend):
    (request,) = await backend.wait_for("disconnect")
    code, reason = request.values("X-Code"), request.values("X-Reason")
    return int(code[0]), reason[0] if reason else ""
