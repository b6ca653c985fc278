"""Who the guests are and what they say."""

from dataclasses import dataclass

DOMAIN = "practice.localhost"
ROOMS = f"rooms.{DOMAIN}"
LOBBY = f"lobby@{ROOMS}"
MEMBERS = f"members@{ROOMS}"
USER = "jasmine"


@dataclass(frozen=True, slots=True)
class Guest:
    """One scripted guest: the local part of the address, the nick, and the last resort of an answer."""

    user: str
    nick: str
    shrug: str


GUESTS = (
    Guest("plum_kettle", "plum_kettle", "I am only a scripted guest, but the kettle is real. Ask me about tea."),
    Guest("river", "溪边", "我是练习用的客人,只会说几句话。欢迎多试试!"),
    Guest("north-star", "north-star", "Good question. I only know a few answers; try “rooms”, “tor” or “code”."),
    Guest("quiet_heron", "quiet_heron", "…I mostly listen."),
    Guest("ferry", "ferry", "Noted! Nothing you write here leaves this computer."),
)

OPENING = (
    (0, "Kettle is on. Who is here this morning?"),
    (1, "早上好!我带了龙井 🍵"),
    (2, "Morning. Still reading up on why this room does not show our addresses."),
    (4, "It is *semi-anonymous*: moderators see addresses, everybody else sees only nicks."),
    (3, "Good. I like being a nick."),
    (0, "north-star: did your little script work in the end?"),
    (2, "Yes, and it is short:\n```python\ndef steep(leaves, minutes=3):\n    return leaves, minutes\n```"),
    (1, "三分钟正好,再久就苦了 😄"),
    (4, "/me pulls up another chair"),
    (3, "There is a members-only room next door too, for those on its list."),
)

GREETINGS = (
    "{nick}: welcome! Write something, we answer to our names.",
    "{nick}: 欢迎!这里只是练习,随便试。",
)

SMALL_TALK = (
    (3, "The rain has stopped."),
    (1, "有人看过昨天的月亮吗?🌕"),
    (4, "Reminder: nobody here can see your address. Try it: look at the list on the right."),
    (0, "Second pot is ready. 🫖"),
    (2, "I keep forgetting that Ctrl+K goes anywhere."),
    (1, "下雨天最适合喝茶。"),
    (3, "> Second pot is ready.\nI will have a cup."),
    (4, "If you lose the connection, what you write waits and is sent later, once."),
)

ANSWERS = (
    (("hello", "hi", "hey", "你好", "早上好"), "Hello {nick}! / 你好,{nick}!"),
    (("tea", "茶", "kettle"), "Green at 80 °C, three minutes. 绿茶八十度,三分钟。🍵"),
    (("code", "代码"), "Like this:\n```python\nprint(\"three backticks, then the code\")\n```"),
    (("tor", "anonymous", "匿名"), "Here you are on loopback only. In a Tor profile every byte goes through Tor."),
    (("room", "房间"), "Besides the lobby there is the members-only room; you are on its list."),
    (("help", "帮助"), "Ask about tea, code, rooms or tor; or write to one of us alone."),
    (("thank", "谢谢"), "You are welcome. 不客气!😊"),
    (("bye", "再见"), "See you! 再见!👋"),
)


def answer(guest: Guest, text: str, nick: str) -> str:
    """What this guest replies to a text of somebody with this nick."""
    said = text.casefold()
    for words, reply in ANSWERS:
        if any(_holds(said, word) for word in words):
            return reply.format(nick=nick)
    return guest.shrug


def _holds(said: str, word: str) -> bool:
    if not word.isascii():
        return word in said
    return any(part.startswith(word) if len(word) > 3 else part == word for part in _words(said))


def _words(said: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in said).split()
