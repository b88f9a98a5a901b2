"""The check that protects against other pages in a user's browser.

A file of its own, because both parts that a browser could attack use it: the control plane and
`/_gateway`.
"""

from .messages import HttpRequest

__all__ = ["comes_from_another_site"]


def comes_from_another_site(request: HttpRequest, *, is_page: bool = False) -> bool:
    """Tell whether a browser says that a page of another site made this request.

    Browsers send `Origin` with whatever is not a plain GET or crosses origins, and `Sec-Fetch-Site`
    with everything; other clients send neither.

    Args:
        is_page: true if the response holds nothing but a page's markup, which any link may open.

    Source: https://www.w3.org/TR/fetch-metadata/
    """
    origins = [value for name, value in request.headers if name.lower() == "origin"]
    host = (request.header("host") or "").lower()
    if any(origin.lower().partition("://")[2] != host for origin in origins):
        return True
    is_navigation = is_page and request.header("sec-fetch-mode") == "navigate"
    return (
        request.header("sec-fetch-site") not in {None, "none", "same-origin"} and not is_navigation
    )
