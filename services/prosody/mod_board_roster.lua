-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All members of the board are in each other's contact list, as long as they are members.

local jid_join = require "prosody.util.jid".join;
local directory = module:require "board_directory";

local function add_members(event)
	local members = directory.members();
	if not members then return; end
	for name, called in pairs(members) do
		local jid = jid_join(name, module.host);
		if name ~= event.username and not event.roster[jid] then
			event.roster[jid] = { subscription = "both"; name = called; groups = {}; persist = false };
		end
	end
	if event.roster[false] then event.roster[false].version = true; end
end

-- What is there for everybody is not written down for anybody.
local function leave_members(event)
	local kept = {};
	for jid, item in pairs(event.data or {}) do
		if type(item) ~= "table" or item.persist ~= false then kept[jid] = item; end
	end
	if kept[false] then kept[false].version = nil; end
	event.data = kept;
	return nil;
end

module:hook("roster-load", add_members);
module:hook("roster-save", leave_members);
