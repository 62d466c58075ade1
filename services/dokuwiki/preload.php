<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Where this DokuWiki finds its settings: what came with it, what stewards chose in the wiki, and last what the board
// says.

define('DOKU_CONF', '/usr/share/dokuwiki/board-conf/');
$config_cascade['main'] = [
    'default' => [DOKU_CONF . 'dokuwiki.php'],
    'local' => ['/var/lib/dokuwiki/conf/local.php'],
    'protected' => [getenv('CREDENTIALS_DIRECTORY') . '/local.protected.php'],
];
$config_cascade['acl'] = ['default' => '/var/lib/dokuwiki/acl/acl.auth.php'];
$config_cascade['plainauth.users'] = ['default' => '/dev/null', 'protected' => ''];
$config_cascade['plugins'] = [
    'default' => [DOKU_CONF . 'plugins.php'],
    'local' => ['/var/lib/dokuwiki/conf/plugins.local.php'],
    'protected' => [DOKU_CONF . 'plugins.required.php', DOKU_CONF . 'plugins.protected.php'],
];
