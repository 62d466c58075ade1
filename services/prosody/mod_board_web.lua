-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The page in the browser: its files, and a word that signs in whom the front door let through.

module:depends("http");

local json = require "prosody.util.json";
local files = require "prosody.net.http.files";
local random = require "prosody.util.random";
local hex = require "prosody.util.hex";
local now = require "prosody.util.time".monotonic;

if module:get_host_type() == "component" then return; end

local words = module:shared("/*/board/words");

local serve = files.serve({
	path = "/usr/share/prosody/web";
	http_base = "/";
	mime_map = { html = "text/html; charset=utf-8"; js = "text/javascript"; css = "text/css"; json = "application/json";
		wasm = "application/wasm"; svg = "image/svg+xml"; png = "image/png"; ico = "image/x-icon"; mp3 = "audio/mpeg";
		ogg = "audio/ogg"; woff2 = "font/woff2"; ttf = "font/ttf" };
	index_files = { "index.html" };
});

-- Nothing is fetched from elsewhere.
local CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
	.. "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'";

local function page(event, path)
	event.response.headers.content_security_policy = CSP;
	return serve(event, path or "");
end

local function session(event)
	local name = event.request.headers.x_remote_user;
	local headers = event.response.headers;
	headers.content_type, headers.cache_control = "application/json", "no-store";
	if not name or name == "" then return 403; end
	local word = hex.encode(random.bytes(32));
	words[word] = { name = name; at = now() };
	return json.encode({ jid = name .. "@" .. module.host; password = word });
end

module:provides("http", {
	default_path = "/";
	route = {
		["GET /"] = page;
		["GET /*"] = page;
		["GET /session"] = session;
	};
});
