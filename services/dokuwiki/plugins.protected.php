<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Members are the board's, plug-ins come with the software, and nothing is told to anybody else.

$plugins['authboard'] = 1;
$plugins['authad'] = 0;
$plugins['authldap'] = 0;
$plugins['authpdo'] = 0;
$plugins['authplain'] = 0;
$plugins['extension'] = 0;
$plugins['popularity'] = 0;
$plugins['usermanager'] = 0;
