"""OpenPGP on the real GnuPG."""
