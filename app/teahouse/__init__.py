"""Teahouse: group chat that never asks who you are."""

__version__ = "0.1.0"
