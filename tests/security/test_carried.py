"""Holes that others had, by the number under which they are known, and which of our tests would find them here.

Only names are checked: that the attack is still in the suite. Corrections, retractions, bookmarks and the like are
refused whole until a feature for them exists; the number then moves to that feature's tests.
"""

import pytest

from tests.security import (
    test_forgeries,
    test_login,
    test_poison,
    test_strangers,
    test_streams,
    test_tls,
)
from tests.ui import test_form, test_links, test_plain
from tests.unit import test_broker, test_domain, test_parser

CARRIED: dict[str, tuple[object, str, str]] = {
    "CVE-2017-5589 carbons of anybody": (test_forgeries, "CARBONS", "a carbon by a stranger"),
    "CVE-2017-5589 carbons of a device": (test_forgeries, "CARBONS", "a carbon by another device of ours"),
    "CVE-2015-8688 roster push": (test_forgeries, "PUSHES", "a push by a stranger"),
    "CVE-2019-16237 archive results": (test_forgeries, "CARBONS", "an archive result by a stranger"),
    "CVE-2023-28686 bookmarks that make us join": (test_forgeries, "EVENTS", "bookmarks by a stranger"),
    "CVE-2022-39835 moderation": (test_forgeries, "EVENTS", "a moderation by an occupant"),
    "CVE-2021-41055 retractions and corrections": (test_forgeries, "EVENTS", "a retraction by an occupant"),
    "CVE-2022-26491 see-other-host": (test_tls, "test_see_other_host_is_never_followed", ""),
    "CVE-2022-45197 host names": (test_tls, "test_a_wrong_certificate_gets_nothing", ""),
    "CVE-2022-22784 one parser, UTF-8 only": (test_streams, "ATTACKS", "an overlong UTF-8"),
    "CVE-2022-22784 a surrogate": (test_streams, "ATTACKS", "a surrogate"),
    "CVE-2014-2744 bombs": (test_streams, "ATTACKS", "an entity bomb"),
    "CVE-2014-2744 endless tags": (test_parser, "test_a_long_tag_is_judged_alike_in_any_pieces", ""),
    "CVE-2022-21692 a nick with a space": (test_forgeries, "REFLECTIONS", "us with a space"),
    "CVE-2014-3756 rich text": (test_plain, "test_no_text_of_others_is_more_than_text", ""),
    "CVE-2022-21690 rich text in a tooltip": (test_plain, "test_no_text_of_others_is_more_than_text", ""),
    "CVE-2022-21688 a small picture that is large": (test_form, "test_only_a_small_picture_is_shown", ""),
    "CVE-2022-28345 right-to-left override": (test_domain, "test_a_label_is_one_bounded_line_without_overrides", ""),
    "CVE-2022-28345 in a link": (test_links, "test_the_host_is_the_one_a_browser_goes_to", ""),
    "CVE-2021-41146 an address as an option": (
        test_broker, "test_a_confirmed_link_opens_in_the_browser_and_nothing_else_does", "",
    ),
    "SCRAM without the server's proof": (test_login, "test_a_server_that_lies_gets_no_session", ""),
    "a message that ends the stream": (
        test_poison, "test_a_message_that_ends_the_stream_fails_and_the_others_arrive", "",
    ),
    "strangers learn that we are here": (test_strangers, "test_a_strangers_probe_tells_nothing", ""),
}  # fmt: skip


@pytest.mark.parametrize("hole", CARRIED)
def test_what_others_had_is_tried_here(hole: str) -> None:
    module, name, attack = CARRIED[hole]
    found = getattr(module, name)
    assert (attack in found) if attack else callable(found)
