// SPDX-License-Identifier: AGPL-3.0-or-later
// Starts the chat for the member whom the board has signed in already.
const host = location.host;
document.documentElement.lang = navigator.language;
converse.initialize({
    view_mode: "fullscreen",
    assets_path: "/",
    i18n: navigator.language.split("-")[0],
    authentication: "login",
    auto_login: true,
    auto_reconnect: true,
    credentials_url: "/session",
    websocket_url: `wss://${host}/xmpp-websocket`,
    discover_connection_methods: false,
    allow_registration: false,
    allow_logout: false,
    allow_url_history_change: true,
    muc_domain: `rooms.${location.hostname}`,
    locked_muc_domain: "hidden",
    theme: "nordic",
    dark_theme: "dracula",
    show_client_info: false,
    show_background: false,
    // A picture from elsewhere would tell its server who looks at it.
    allowed_image_domains: [location.hostname],
    allowed_video_domains: [location.hostname],
    allowed_audio_domains: [location.hostname],
    loglevel: "error",
});
