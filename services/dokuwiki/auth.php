<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

use dokuwiki\Extension\AuthPlugin;

/**
 * Members come signed in, by headers that only the board's front door can set.
 */
class auth_plugin_authboard extends AuthPlugin
{
    public function __construct()
    {
        parent::__construct();
        $this->cando['external'] = true;
        $this->success = true;
    }

    /** @inheritdoc */
    public function trustExternal($user, $pass, $sticky = false)
    {
        global $USERINFO;
        $member = $_SERVER['HTTP_X_REMOTE_USER'] ?? '';
        if ($member === '') {
            return false;
        }
        $groups = array_filter(explode(',', $_SERVER['HTTP_X_REMOTE_GROUPS'] ?? ''));
        $USERINFO = ['name' => $member, 'mail' => '', 'grps' => array_merge(['user'], $groups)];
        $_SERVER['REMOTE_USER'] = $member;
        $_SESSION[DOKU_COOKIE]['auth']['user'] = $member;
        $_SESSION[DOKU_COOKIE]['auth']['info'] = $USERINFO;
        return true;
    }

    /** @inheritdoc */
    public function getUserData($user, $requireGroups = true)
    {
        global $USERINFO;
        if (($_SERVER['REMOTE_USER'] ?? '') === $user && $USERINFO) {
            return $USERINFO;
        }
        return ['name' => $user, 'mail' => '', 'grps' => ['user']];
    }
}
