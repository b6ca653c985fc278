-- XEP-0077 behind a XEP-0158 challenge, in the shape that ejabberd sends (form and picture in one query).
local st = require "util.stanza";
local df = require "util.dataforms".new;
local b64 = require "util.encodings".base64;
local sha1 = require "util.hashes".sha1;
local create_user = require "core.usermanager".create_user;
local user_exists = require "core.usermanager".user_exists;
local new_id = require "util.id".medium;
local answer = module:get_option_string("captcha_test_answer", "7nHL3");
local png = module:get_option_string("captcha_test_png");
local pending = {};

module:hook("stream-features", function (event)
	if event.origin.type == "c2s_unauthed" and event.origin.secure then
		event.features:tag("register", { xmlns = "http://jabber.org/features/iq-register" }):up();
	end
end);

module:hook("stanza/iq/jabber:iq:register:query", function (event)
	local session, stanza = event.origin, event.stanza;
	if session.type ~= "c2s_unauthed" then return; end
	local query = stanza.tags[1];
	if stanza.attr.type == "get" then
		local id = new_id();
		pending[id] = session;
		local cid = "sha1+" .. sha1(b64.decode(png), true) .. "@bob.xmpp.org";
		local form = df{
			title = "Create account"; instructions = "Type what you see in the picture";
			{ name = "FORM_TYPE", type = "hidden", value = "urn:xmpp:captcha" };
			{ name = "username", type = "text-single", label = "User", required = true };
			{ name = "password", type = "text-private", label = "Password", required = true };
			{ name = "captcha-fallback-text", type = "fixed", value = "If you do not see the picture, open the page" };
			{ name = "captcha-fallback-url", type = "text-single", label = "CAPTCHA web page", value = "https://xmpp.test/captcha/" .. id };
			{ name = "from", type = "hidden", value = module.host };
			{ name = "challenge", type = "hidden", value = id };
			{ name = "sid", type = "hidden", value = "" };
			{ name = "ocr", label = "Enter the text you see", required = true, type = "text-single",
			  media = { height = 20, width = 60, { type = "image/png", uri = "cid:" .. cid } } };
		};
		local reply = st.reply(stanza):query("jabber:iq:register")
			:tag("instructions"):text("Use a client that supports data forms"):up();
		reply:add_child(form:form());
		reply:tag("data", { xmlns = "urn:xmpp:bob", cid = cid, ["max-age"] = "0", type = "image/png" }):text(png):up();
		session.send(reply);
		return true;
	end
	local x = query:get_child("x", "jabber:x:data");
	local function refuse(t, c, m) session.send(st.error_reply(stanza, t, c, m)); return true; end
	if not x then return refuse("modify", "bad-request", "Submit the form"); end
	local v = {};
	for f in x:childtags("field") do v[f.attr.var or ""] = f:get_child_text("value"); end
	if not v.challenge or pending[v.challenge] ~= session then
		return refuse("modify", "not-acceptable", "The CAPTCHA is no longer valid");
	end
	pending[v.challenge] = nil;
	if v.ocr ~= answer then return refuse("modify", "not-allowed", "The CAPTCHA verification has failed"); end
	if user_exists(v.username, module.host) then return refuse("cancel", "conflict", "Taken"); end
	local ok, err = create_user(v.username, v.password, module.host);
	if not ok then return refuse("wait", "internal-server-error", tostring(err)); end
	session.send(st.reply(stanza));
	return true;
end, 10);
