-- SPDX-License-Identifier: AGPL-3.0-or-later
-- HTTP at the Unix socket that only the front door can open: at a port of the board any program could say who it is.

module:set_global();

local server = require "prosody.net.server";
local listener = require "prosody.net.http.server".listener;
local unix = require "socket.unix";

local PATH = "/run/service/http.sock";
local open;

function module.load()
	local socket = unix.stream();
	socket:settimeout(0);
	os.remove(PATH);
	assert(socket:bind(PATH));
	assert(socket:listen());
	open = server.wrapserver(socket, PATH, 0, listener);
end

function module.unload()
	if open then open:close(); end
	os.remove(PATH);
end
