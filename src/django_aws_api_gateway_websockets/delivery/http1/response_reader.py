"""Reads HTTP/1.1 responses off a connection, with the parser of httptools."""

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .response import FIRST_FINAL_STATUS, Answer, read_headers

__all__ = ["AnswerReader", "MalformedAnswerError"]

MAX_ANSWER_BYTES: Final = 1024 * 1024
"""More than any answer of API Gateway; what sends more is something else."""


class MalformedAnswerError(Exception):
    """What came back is not an HTTP/1.1 response."""


class AnswerReader:
    """Collects the responses to one batch of requests after the other.

    The `on_` methods are called by the parser.
    """

    __slots__ = (
        "_body",
        "_parser",
        "_received",
        "answers",
        "keeps_alive",
        "missing",
        "status",
    )

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.keeps_alive = False
        """Whether the server takes another request after the answer that is complete."""
        self.expect()

    def expect(self, answers: int = 1) -> None:
        """Forget the last answers and wait for the next."""
        self.answers: list[Answer] = []
        self.missing = answers
        """How many answers are not whole yet."""
        self.status = 0
        """Status of the present answer; 0 until its headers are complete."""
        self._received = b""
        self._body = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; `answers` grows by those that are whole."""
        self._received += data
        if len(self._received) > MAX_ANSWER_BYTES:
            raise MalformedAnswerError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.missing:
                # What follows the last answer spoils the connection, not the answer.
                self.keeps_alive = False
                return
            raise MalformedAnswerError(f"the answer is not HTTP ({error})") from error

    def end(self) -> bool:
        """Take the end of the connection, and say whether that completes the answers.

        It does where nothing else marks the end of the body. Source: RFC 9112, section 6.3, rule 8.
        """
        if self.status and self.missing:
            headers = read_headers(self._received)[len(self.answers)]
            names = {name.lower() for name, _ in headers}
            if names.isdisjoint({b"content-length", b"transfer-encoding"}):
                self.on_message_complete()
                self.keeps_alive = False
        return not self.missing

    def on_message_begin(self) -> None:
        if not self.missing:
            raise MalformedAnswerError("a second answer came to one request")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self.status >= FIRST_FINAL_STATUS:
            # The parser knows this only until it returns from here.
            self.keeps_alive = self._parser.should_keep_alive()
            self.answers.append(Answer(self.status, self._received, self._body, len(self.answers)))
            self.missing -= 1
        self.status = 0
        self._body = b""
