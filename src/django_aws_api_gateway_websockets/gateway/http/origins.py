"""The pages that requests come from, as far as browsers say.

A file of its own, because everything that a browser could be used against asks it: the control
plane and what is for the people who run the gateway.
"""

from .messages import HttpRequest

__all__ = ["comes_from_another_site"]


def comes_from_another_site(request: HttpRequest, *, is_page: bool = False) -> bool:
    """Whether a browser says that a page which is not ours made this request.

    Browsers send `Origin` with whatever is not a plain GET or crosses origins, and `Sec-Fetch-Site`
    with everything; other clients send neither.

    Args:
        is_page: whether what is asked for holds nothing but a page's markup, which may be opened
            through a link.

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
