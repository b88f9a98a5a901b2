"""Text from outside that is about to stand in a line of a log."""

__all__ = ["one_line"]


def one_line(text: str) -> str:
    """Escape the control characters of a text of any length."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
