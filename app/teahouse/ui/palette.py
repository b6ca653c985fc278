"""Ctrl+K: one box that goes anywhere. The box itself lives above the chat list."""

from teahouse.ui.chats.view import ChatsPane


def go_anywhere(chats: ChatsPane) -> None:
    """Show the chat list and put the cursor into its filter, which also finds messages everywhere."""
    chats.show()
    chats.focus_search()
