"""`/_gateway/weather`: calls that show the weather and change it at run time."""

import json

from ..http.messages import HttpRequest, HttpResponse, json_response
from ..weather.chances import Weather
from ..weather.settings import SWITCHES, Setting, WeatherError, read_settings

__all__ = ["Switchboard"]


class Switchboard:
    """Responses to GET, PUT (set all), POST (set some) and DELETE (all off)."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the weather after the request."""
        try:
            match request.method:
                case "GET":
                    pass
                case "PUT":
                    self._weather.set(_settings(request))
                case "POST":
                    self._weather.change(_settings(request))
                case "DELETE":
                    self._weather.set({})
                case _:
                    return HttpResponse(405, (("Allow", "GET, PUT, POST, DELETE"),))
        except WeatherError as error:
            return json_response(400, {"message": str(error)})
        return json_response(200, self.shown())

    def shown(self) -> dict[str, object]:
        """Return the weather as an object for JSON."""
        weather = self._weather
        return {
            "seed": weather.seed,
            "switches": {name: setting.text for name, setting in weather.settings.items()},
            "struck": dict(weather.struck),
            "known": {name: event for name, (_, event) in SWITCHES.items()},
        }


def _settings(request: HttpRequest) -> dict[str, Setting]:
    """Read the settings in a body such as `{"post-429": "20%"}`.

    Raises:
        WeatherError: the body has another form.
    """
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # A page of another site cannot send this type without a preflight.
        raise WeatherError("Send the switches as application/json.")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not all(isinstance(text, str) for text in body.values()):
        raise WeatherError('Send an object of texts, such as {"post-429": "20%"}.')
    return read_settings(body.items())
