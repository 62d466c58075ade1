# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# A private apt that believes it is on the board: it knows the board's release
# and backports, the board's architecture and the packages a status file names,
# and not one setting of this machine. Sourced after lib.sh.

# archive_conf DIR ARCHITECTURE COMPONENT…: makes DIR/apt.conf. What DIR/status
# says is installed.
archive_conf() {
    local dir=$1 arch=$2 keyring
    shift 2
    mkdir -p "$dir"/{lists/partial,archives/partial,empty/partial,conf.d,preferences.d}
    # Signed by Debian and nobody else this machine may trust.
    for keyring in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
        [ ! -e "$keyring" ] || break
    done
    {
        board_sources "$@"
        printf 'deb %s %s-backports %s\n' "$(debian_mirror)" "$COMMONHOST_SUITE" "$*"
    } | sed "s|^deb |deb [signed-by=$keyring] |" >"$dir/sources.list"
    {
        # Not one setting of this machine's own apt may leak in.
        printf '%s\n' "Dir::Etc::main \"/dev/null\";" "Dir::Etc::parts \"$dir/conf.d\";" \
            "Dir::Etc::sourcelist \"$dir/sources.list\";" "Dir::Etc::sourceparts \"$dir/conf.d\";" \
            "Dir::Etc::preferences \"/dev/null\";" "Dir::Etc::preferencesparts \"$dir/preferences.d\";" \
            "Dir::Etc::trustedparts \"$dir/conf.d\";" \
            "Dir::State::lists \"$dir/lists\";" "Dir::State::status \"$dir/status\";" \
            "Dir::State::extended_states \"$dir/extended_states\";" \
            "Dir::Cache::archives \"$dir/archives\";" "Dir::Cache::pkgcache \"\";" "Dir::Cache::srcpkgcache \"\";" \
            "Dir::Log \"$dir\";" "APT::Architecture \"$arch\";" "APT::Architectures { \"$arch\"; };" \
            "APT::Install-Recommends \"false\";" "APT::Get::Assume-Yes \"true\";" "APT::Sandbox::User \"root\";" \
            "Acquire::Languages \"none\";" "pkgCacheGen::Essential \"none\";"
        apt_proxy_options
    } >"$dir/apt.conf"
}

# archive_update DIR [yes]: reads the package lists once a day, or now.
archive_update() {
    local dir=$1
    if [ "${2:-no}" = yes ] || [ ! -e "$dir/.fetched" ] || [ -n "$(find "$dir/.fetched" -mmin +1440)" ]; then
        say "Reading Debian's package lists"
        APT_CONFIG=$dir/apt.conf apt-get -q=2 update 7>&- || die "the package lists could not be fetched; the lines above say why"
        touch "$dir/.fetched"
    fi
}

# archive_versions DIR SUITE PACKAGE…: PACKAGE=VERSION of that suite. Asking apt
# for PACKAGE/SUITE would take all it depends on from there too, which Debian's
# security team does not look after.
archive_versions() {
    local dir=$1 suite=$2 package
    shift 2
    for package in "$@"; do
        APT_CONFIG=$dir/apt.conf apt-cache madison "$package" |
            awk -F' *[|] *' -v s="$suite/" -v p="$package" 'index($3, " " s) {print p "=" $2; exit}'
    done
}
