"""OpenPGP for XMPP (XEP-0373, XEP-0374): keys and messages by GnuPG, and the elements inside. For the engine alone."""
