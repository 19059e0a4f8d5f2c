"""Visitors, known by an id that their browser keeps."""

import hashlib
import re
import uuid
from collections.abc import Mapping

COOKIE = "digit_lab_visitor"
# Written before the id of somebody who has left a kiosk, and whose things may go.
LEFT = "left-"


def new_visitor() -> str:
    """Return an id that nobody can guess."""
    return uuid.uuid4().hex


def visitor_in(cookies: Mapping[str, str]) -> str | None:
    """Return the visitor whom the cookies name; None without one, or for one who has left."""
    return _id_in(cookies, "")


def left_in(cookies: Mapping[str, str]) -> str | None:
    """Return the visitor who, as the cookies say, has left the kiosk; None if nobody has."""
    return _id_in(cookies, LEFT)


def hashed(visitor: str) -> str:
    """Return what the disk holds of a visitor, from which nobody can tell the id."""
    return hashlib.sha256(visitor.encode()).hexdigest()


def _id_in(cookies: Mapping[str, str], before: str) -> str | None:
    said = re.fullmatch(f"{before}([0-9a-f]{{32}})", str(cookies.get(COOKIE)))
    return said[1] if said else None
