"""What a person reads on a page."""

import html
import re


def plain(page: str) -> str:
    """The text of a page; each block stands for itself, as on the screen."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page)
    body = re.sub(r"</(h\d|p|li|a|label|legend|summary|button|dd|dt|td|th|div|option)>", " ; ", body)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
