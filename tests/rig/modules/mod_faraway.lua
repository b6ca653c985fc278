-- Addresses named faraway-*: their server cannot be reached, as the one at home says. Named silent-*: nobody says anything.
local st = require "util.stanza";

module:hook("iq/bare", function (event)
	local stanza, name = event.stanza, event.stanza.attr.to or "";
	if name:match("^faraway%-") then
		event.origin.send(st.error_reply(stanza, "wait", "remote-server-timeout"));
		return true;
	end
	return name:match("^silent%-") and true or nil;
end, 1000);
