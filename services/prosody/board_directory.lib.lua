-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The board's directory of members: read-only LDAP at a socket that is this service's own.

local lualdap = require "lualdap";

local uri = module:get_option_string("board_directory");
local base = module:get_option_string("board_members");

local directory = {};

-- A sign-in name of the board; nothing else is ever put into a question.
local function is_name(name)
	return type(name) == "string" and #name <= 64 and name:match("^[a-z0-9][a-z0-9._-]*$") ~= nil;
end

-- Whether this password, made for this service, is the member's.
function directory.binds(name, password)
	if not is_name(name) or password == "" then return false; end
	local connection = lualdap.open_simple(uri, ("uid=%s,%s"):format(name, base), password, false);
	if not connection then return false; end
	connection:close();
	return true;
end

-- The members' names and what they are called; nil when the directory does not answer.
function directory.members(name)
	if name and not is_name(name) then return {}; end
	local connection, problem = lualdap.open_simple(uri, "", "", false);
	if not connection then
		module:log("warn", "the board's directory does not answer: %s", problem);
		return nil;
	end
	local found = {};
	local filter = name and ("(uid=%s)"):format(name) or "(objectClass=inetOrgPerson)";
	local question = { base = base; scope = "onelevel"; filter = filter; attrs = { "uid"; "displayName" } };
	for _, attributes in connection:search(question) do
		local uid = attributes.uid;
		uid = type(uid) == "table" and uid[1] or uid;
		local called = attributes.displayName;
		found[uid] = type(called) == "table" and called[1] or called or uid;
	end
	connection:close();
	return found;
end

return directory;
