"""Moments in words: the clock, the day, how long ago in a list."""

import datetime

from PySide6.QtCore import QDate, QLocale

from teahouse.i18n import _


def moment(milliseconds: int) -> datetime.datetime:
    """The local time of milliseconds since 1970; the far ends are clamped."""
    return datetime.datetime.fromtimestamp(min(max(milliseconds, 0), 253_370_764_800_000) / 1000)


def clock(milliseconds: int) -> str:
    """Hours and minutes."""
    return moment(milliseconds).strftime("%H:%M")


def day(milliseconds: int, today: datetime.date | None = None) -> str:
    """The day as a divider says it."""
    when = moment(milliseconds).date()
    days = ((today or datetime.date.today()) - when).days
    if days == 0:
        return _("Today")
    if days == 1:
        return _("Yesterday")
    return QLocale().toString(QDate(when.year, when.month, when.day), QLocale.FormatType.LongFormat)


def brief(milliseconds: int, today: datetime.date | None = None) -> str:
    """The time in a list: the clock today, a weekday this week, else a date."""
    if not milliseconds:
        return ""
    when = moment(milliseconds).date()
    days = ((today or datetime.date.today()) - when).days
    if days <= 0:
        return clock(milliseconds)
    if days < 7:
        return QLocale().dayName(when.isoweekday(), QLocale.FormatType.ShortFormat)
    return QLocale().toString(QDate(when.year, when.month, when.day), QLocale.FormatType.ShortFormat)
