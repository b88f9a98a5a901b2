"""The command line: it reads options, starts a gateway, and reports errors in one sentence."""

import asyncio
import errno
import gc
import os
import secrets
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ..core.errors import WebSocketsError
from .config import LOCAL_CREDENTIALS, MESSAGES_IN_FLIGHT, Config
from .http.tls import Certificate, CertificateError
from .journal.refusals import RefusalLines
from .options import option_parser
from .outputs import Outputs
from .runtime.log import problems
from .weather.settings import read_settings

__all__ = ["main"]


class CredentialsError(WebSocketsError):
    """Error for a gateway that would accept a well-known secret from other machines."""


class StdinError(WebSocketsError):
    """Error for a stdin without an end to wait for."""


TOKEN: Final = "WEBSOCKET_GATEWAY_TOKEN"  # noqa: S105 - the variable that has it.


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Run a gateway until SIGINT or SIGTERM; return the exit code."""
    options = option_parser().parse_args(arguments)
    outputs = Outputs()
    try:
        return _run(options, environment, outputs)
    finally:
        outputs.close()


def _run(options: Namespace, environment: Mapping[str, str], outputs: Outputs) -> int:
    try:
        outputs.set_up_logging(is_quiet=options.quiet, access_log=options.access_log)
    except OSError as error:
        return _fail(f"The access log {options.access_log} cannot be written ({error.strerror}).")
    try:
        config = _config(options, environment)
    except WebSocketsError as error:
        return _fail(str(error))
    try:
        with (
            asyncio.Runner(loop_factory=_fastest_loop()) as runner,
            outputs.written_by(runner.get_loop()),
        ):
            runner.run(_serve(config, outputs, until_stdin_closes=options.until_stdin_closes))
    except (asyncio.CancelledError, ModuleNotFoundError, WebSocketsError, OSError) as error:
        return _fail(_in_words(error, config))
    return 0


def _config(options: Namespace, environment: Mapping[str, str]) -> Config:
    """Make the settings from options and environment.

    Raises:
        WebSocketsError: one of them is invalid.
    """
    if (options.cert is None) != (options.key is None):
        raise CertificateError("--cert and --key belong together: give both.")
    config = Config(
        host=options.host,
        port=options.port,
        region=options.region,
        clock_speed=options.clock_speed,
        state_file=options.state,
        credentials={**LOCAL_CREDENTIALS, **_own_credentials(environment)},
        certificate=Certificate(options.cert, options.key) if options.cert else None,
        allowed_hosts=tuple(name.lower() for name in options.allow_host),
        behind_proxy=options.behind_proxy is not None,
        proxies=options.behind_proxy or (),
        weather=read_settings(pair for text in options.weather for pair in text),
        weather_seed=secrets.randbelow(10**6) if options.seed is None else options.seed,
        messages_in_flight=1 if options.serialise else MESSAGES_IN_FLIGHT,
        has_quotas=options.quotas,
        access_log_format=options.access_log_format,
        refusal_lines=RefusalLines(options.refusal_lines),
        drain_seconds=options.drain_seconds,
        max_connections=options.max_connections,
        max_connections_per_address=options.max_connections_per_address,
        messages_per_second=options.messages_per_second,
    )
    return _protect(config, options, environment) if config.is_exposed else config


def _protect(config: Config, options: Namespace, environment: Mapping[str, str]) -> Config:
    """Give what other machines can reach credentials of its own; it has to speak TLS."""
    if config.certificate is None and not config.behind_proxy and not options.plain_http:
        raise CertificateError(
            f"{config.host} can be reached from other machines, and without TLS everything would "
            "travel in the clear: use --host 127.0.0.1, or --cert and --key, or --behind-proxy if "
            "a proxy in front speaks TLS, or --plain-http in a network you trust."
        )
    return replace(
        config,
        operator_token=environment.get(TOKEN) or secrets.token_urlsafe(24),
        credentials=_credentials_of_the_exposed(config, environment),
    )


async def _serve(config: Config, outputs: Outputs, *, until_stdin_closes: bool) -> None:
    # Imported here, because it needs the optional package.
    from .server import running_gateway

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    _stop_on_signals(loop, stopping)
    if until_stdin_closes:
        _watch_stdin(loop, stopping)
    if config.certificate is not None:
        loop.add_signal_handler(signal.SIGHUP, _renew, config.certificate)
    async with running_gateway(config) as gateway:
        _spare_the_collector()
        # The first line on stdout: the process that started this one reads the port from it.
        outputs.say(f"Listening on {gateway.url}")
        for line in _announcements(config, gateway.url):
            outputs.say(line)
        await stopping.wait()
        if gateway.hub:
            problems.info(
                "Closing %d connections; the same signal again stops at once.", len(gateway.hub)
            )


def _announcements(config: Config, url: str) -> Iterator[str]:
    """Yield the lines for a person at the terminal."""
    if config.operator_token is None:
        yield f"Live page: {url}/_gateway/"
    elif TOKEN in os.environ:
        yield f"Live page: {url}/_gateway/ (sign in with the {TOKEN})"
    else:
        # Behind the #, so that no server on the way logs it.
        yield f"Live page: {url}/_gateway/#{config.operator_token}"
    if config.weather:
        switches = " ".join(f"{name}={setting.text}" for name, setting in config.weather.items())
        yield f"Weather: {switches} (again with --weather-seed {config.weather_seed})"


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Stop in good order at the first SIGINT or SIGTERM, and at once when the same one comes again.

    One Ctrl-C may arrive as two signals, as SIGINT from the terminal and as SIGTERM from the
    parent process, so two different signals count as one.
    """
    serving = asyncio.current_task(loop)
    seen: set[int] = set()

    def hear(number: int) -> None:
        if number in seen and serving is not None:
            serving.cancel()
        seen.add(number)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear, number)


def _renew(certificate: Certificate) -> None:
    try:
        certificate.reload()
    except CertificateError as error:
        problems.error("%s The old certificate stays in use.", error)
    else:
        problems.info("The certificate was read again.")


def _watch_stdin(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Stop at the end of stdin: a pipe from the parent process ends with that process.

    Raises:
        StdinError: stdin has no end to wait for.
    """
    number = sys.stdin.fileno()

    def read() -> None:
        if not os.read(number, 4096):
            loop.remove_reader(number)
            stopping.set()

    try:
        loop.add_reader(number, read)
    except OSError as error:
        # The system cannot wait for a file or for /dev/null (epoll_ctl: EPERM).
        raise StdinError(
            "--until-stdin-closes needs a pipe or a terminal as standard input, not a file or "
            "/dev/null: leave the option out."
        ) from error


def _own_credentials(environment: Mapping[str, str]) -> Mapping[str, str]:
    key = environment.get("AWS_ACCESS_KEY_ID")
    secret = environment.get("AWS_SECRET_ACCESS_KEY")
    return {key: secret} if key and secret else {}


def _credentials_of_the_exposed(
    config: Config, environment: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the credentials of a gateway that other machines can reach: no well-known secret.

    Raises:
        CredentialsError: there are no others, and everybody can reach the control plane.
    """
    own = _own_credentials(environment)
    if own:
        return own
    if not config.behind_proxy:
        raise CredentialsError(
            f"{config.host} can be reached from other machines, where 'local' and 'local' would "
            "open the control plane to everybody: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    problems.warning(
        "Whoever gets through the proxy to /v2 or @connections can sign with 'local' and 'local': "
        "let it hand on sockets only, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )
    return config.credentials


def _spare_the_collector() -> None:
    """Exclude everything loaded so far from garbage collection, for good.

    None of it will become garbage, and a full collection that searches it stops every connection:
    every few seconds while many handshakes leave garbage behind.
    """
    gc.collect()
    gc.freeze()


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory if it is installed; the gateway does not need it."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _in_words(error: BaseException, config: Config) -> str:
    """Explain an error that stopped the gateway, in one sentence.

    Raises:
        ModuleNotFoundError: the missing module is none of our optional packages.
    """
    match error:
        case asyncio.CancelledError():
            return "Stopped at once: clients and backends have not been told."
        case ModuleNotFoundError(name="jsonschema" | "websockets" as name):
            return (
                f"The gateway needs the package {name}: "
                "pip install 'django-aws-api-gateway-websockets[gateway]'."
            )
        case OSError():
            return _about_address(error, config)
        case WebSocketsError():
            return str(error)
    raise error


def _about_address(error: OSError, config: Config) -> str:
    place = f"{config.host} port {config.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"Something already listens on {place}, perhaps another gateway: stop it, "
            "or choose another port with --port (0 picks a free one)."
        )
    return f"Cannot listen on {place} ({error.strerror or error}): choose another --host or --port."


def _fail(sentence: str) -> int:
    problems.error(sentence)
    return 1
