# What the scripts share; to be sourced.

say() { echo "$(basename "$0"): $*" >&2; }
die() { say "$*"; exit 1; }

# install PACKAGE: by apt, as root. A service that the package brings is kept from starting.
install() {
    [ "$(id -u)" = 0 ] || die "the package $1 is missing and only root can install it"
    command -v apt-get >/dev/null 2>&1 || die "the package $1 is missing, and so is apt-get"
    say "installing $1 (apt)"
    local policy=/usr/sbin/policy-rc.d made= result=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made=1
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1"; } >/dev/null ||
        result=$?
    [ -z "$made" ] || rm -f "$policy"
    [ "$result" = 0 ] || die "apt-get install $1 failed"
}

# need PROGRAM PACKAGE: the program, its package installed when it is missing.
need() {
    command -v "$1" >/dev/null 2>&1 && return
    install "$2"
    command -v "$1" >/dev/null 2>&1 || die "$2 is installed but $1 is still missing"
}

# free_port: one of 127.0.0.1 that nobody listens on, below the ephemeral ports.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    die "no free port found"
}
