"""Small questions asked over the window."""
