"""The first minute: welcome, new identity, signing in."""
