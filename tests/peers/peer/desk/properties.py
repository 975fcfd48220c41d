"""The hotel's own day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def business_date_now() -> date:
    """The day it is in Jakarta: a new hotel begins there."""
    return datetime.now(ZoneInfo("Asia/Jakarta")).date()
