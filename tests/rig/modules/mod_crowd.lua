-- Rooms named crowd-N: whoever joins is shown N occupants who are not there.
-- Saying "!flood N" there makes them say N lines at once, which are broadcast and archived like any others.
local st = require "util.stanza";

local function crowd_of(room)
	return tonumber(room.jid:match("^crowd%-(%d+)@"));
end

local function fake(room, i)
	return room.jid .. "/fake-" .. i;
end

module:hook("muc-occupant-pre-join", function (event)
	local room, to = event.room, event.stanza.attr.from;
	local count = crowd_of(room);
	if not count then return; end
	for i = 1, count do
		room:route_stanza(st.presence({ from = fake(room, i), to = to })
			:tag("x", { xmlns = "http://jabber.org/protocol/muc#user" })
				:tag("item", { affiliation = i % 10 == 0 and "member" or "none", role = "participant" }):up():up()
			:tag("occupant-id", { xmlns = "urn:xmpp:occupant-id:0", id = "fake-occupant-" .. i }));
	end
end, -100);

module:hook("muc-occupant-groupchat", function (event)
	local room = event.room;
	local count = crowd_of(room);
	local lines = tonumber((event.stanza:get_child_text("body") or ""):match("^!flood (%d+)$"));
	if not (count and lines) then return; end
	for i = 1, lines do
		local who = (i - 1) % count + 1;
		room:broadcast_message(st.message({ from = fake(room, who), to = room.jid, type = "groupchat", id = "flood-" .. i })
			:tag("body"):text("flood line " .. i .. " of " .. lines));
	end
	return true;
end, 50);
