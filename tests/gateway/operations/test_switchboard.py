import asyncio

from tests.gateway.requests import send


async def test_the_switchboard_shows_sets_changes_and_clears_the_weather(gateway):
    url = f"{gateway.url}/_gateway/weather"

    async def now(method, body=None, **headers):
        return await asyncio.to_thread(lambda: send(url, method, body, **headers))

    status, shown = await now("GET")
    assert (status, shown["switches"]) == (200, {})
    assert "drop-disconnect" in shown["known"]
    assert (await now("PUT", {"post-429": "20%"}))[1]["switches"] == {"post-429": "20%"}
    both = {"post-429": "20%", "delay": "1ms"}
    assert (await now("POST", {"delay": "1ms"}))[1]["switches"] == both
    assert (await now("PUT", {"cut": "1%"}))[1]["switches"] == {"cut": "1%"}
    assert (await now("DELETE"))[1]["switches"] == {}
    for body in ({"rain": "1"}, ["post-429"], {"post-429": 5}, "x"):
        assert (await now("PUT", body))[0] == 400
    form = {"Content-Type": "text/plain"}
    assert (await now("POST", {"cut": "1%"}, **form))[0] == 400
    assert (await now("PATCH", {}))[0] == 405
    assert (await now("PUT", {"cut": "1%"}, Origin="http://evil.example"))[0] == 403
    assert (await now("GET"))[1]["switches"] == {}
