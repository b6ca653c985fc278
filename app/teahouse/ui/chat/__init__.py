"""One conversation: its lines and its composer."""
