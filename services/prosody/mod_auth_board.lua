-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Members sign in with an app password, which the board's directory checks, or with a word that the page got for the
-- member whom the front door let in. What was taken back ends the sessions that it opened.

local new_sasl = require "prosody.util.sasl".new;
local now = require "prosody.util.time".monotonic;
local directory = module:require "board_directory";

-- How often an open session's password is checked again, in seconds.
local AGAIN = 2;

local provider = {};

-- Words for the page, each good once and for a minute; mod_board_web makes them.
local words = module:shared("/*/board/words");

local function take_word(name, word)
	local made = words[word];
	words[word] = nil;
	return made ~= nil and made.name == name and now() - made.at < 60;
end

local function is_member(name)
	local found = directory.members(name);
	-- A directory that does not answer ends nothing.
	return found == nil or found[name] ~= nil;
end

function provider.test_password(name, password)
	if words[password] then return take_word(name, password); end
	if directory.binds(name, password) then return true; end
	return nil, "Auth failed.";
end

function provider.user_exists(name)
	local found = directory.members(name);
	return found ~= nil and found[name] ~= nil;
end

function provider.users()
	return pairs(directory.members() or {});
end

local function read_only()
	return nil, "Members and their passwords are changed on the board's own pages.";
end
provider.set_password, provider.create_user, provider.delete_user = read_only, read_only, read_only;

function provider.get_sasl_handler()
	return new_sasl(module.host, {
		plain_test = function(sasl, name, password)
			local by_word = words[password] ~= nil;
			local right = provider.test_password(name, password);
			if right then sasl.board_proof = { password = not by_word and password or nil }; end
			return right == true, true;
		end;
	});
end

module:hook("authentication-success", function(event)
	local session = event.session;
	session.board_proof = session.sasl_handler and session.sasl_handler.board_proof;
end, 10);

local function holds(name, proof)
	if proof.password then return directory.binds(name, proof.password); end
	return is_member(name);
end

module:add_timer(AGAIN, function()
	local checked = {};
	for name, user in pairs(prosody.hosts[module.host].sessions) do
		for _, session in pairs(user.sessions) do
			local proof = session.board_proof;
			if proof then
				local key = name .. "\0" .. (proof.password or "");
				if checked[key] == nil then checked[key] = holds(name, proof); end
				if not checked[key] then
					session:close({ condition = "not-authorized", text = "This password was taken back." });
				end
			end
		end
	end
	for word, made in pairs(words) do
		if now() - made.at > 60 then words[word] = nil; end
	end
	return AGAIN;
end);

module:provides("auth", provider);
