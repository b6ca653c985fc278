-- Rooms named full-*: nobody gets in any more (XEP-0045 section 7.2.9), as with a limit that is reached.
local st = require "util.stanza";

module:hook("muc-occupant-pre-join", function (event)
	if not event.room.jid:match("^full%-") then return; end
	event.origin.send(st.error_reply(event.stanza, "wait", "service-unavailable", nil, event.room.jid));
	return true;
end, 100);
