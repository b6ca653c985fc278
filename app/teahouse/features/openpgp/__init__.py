"""OpenPGP for XMPP (XEP-0373, XEP-0374): whose keys there are, whom they belong to, and where ours are kept."""
