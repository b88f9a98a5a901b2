import asyncio

from tests.gateway.requests import send

NOTE = {"id": "1", "name": "Shop", "backend": "http://127.0.0.1:8000"}


async def test_a_gateway_knows_the_project_that_has_told_it(gateway):
    url = f"{gateway.url}/_gateway/project"

    async def now(method, body=None, **headers):
        return await asyncio.to_thread(lambda: send(url, method, body, **headers))

    assert await now("GET") == (200, dict.fromkeys(NOTE, ""))
    assert await now("PUT", NOTE) == (200, NOTE)
    bodies = ([], "x", {}, {**NOTE, "more": ""}, {**NOTE, "id": 1}, {**NOTE, "name": "x" * 1001})
    for body in bodies:
        assert (await now("PUT", body))[0] == 400
    assert (await now("DELETE"))[0] == 405
    assert (await now("PUT", NOTE, Origin="http://evil.example"))[0] == 403
    assert await now("GET") == (200, NOTE)
