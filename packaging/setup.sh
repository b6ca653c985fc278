# Sourced by app/run and tests/run, with ROOT set: system packages by apt where that is allowed, then .venv.
#   setup runtime|dev
# Nothing to do costs a few hundredths of a second. Where releases differ in a package's name: new-name|old-name.

QT_PACKAGES="libglib2.0-0t64|libglib2.0-0 libwayland-cursor0 libwayland-egl1 libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-image0
    libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libdbus-1-3 libfontconfig1"
SEAL_PACKAGES="libseccomp2"
OPENPGP_PACKAGES="gpg gpg-agent gpgconf"
FONT_PACKAGES="fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji fonts-inter"
PRACTICE_PACKAGES="prosody openssl"
TOR_PACKAGES="tor tor-geoipdb obfs4proxy"
TEST_PACKAGES="xvfb xauth xdotool faketime strace iproute2 ejabberd profanity go-sendxmpp tmux"

say() { printf 'teahouse: %s\n' "$*" >&2; }

sound_python() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3; do
        if sound_python "$candidate"; then command -v "$candidate"; return 0; fi
    done
    return 1
}

missing_packages() {
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(echo "$@" | tr '|' ' ') 2>/dev/null |
        awk -v wanted="$*" '$1 == "installed" { have[$2] = 1 }
            END {
                n = split(wanted, w)
                for (i = 1; i <= n; i++) {
                    found = 0
                    m = split(w[i], names, "|")
                    for (j = 1; j <= m; j++) if (names[j] in have) found = 1
                    if (!found) print w[i]
                }
            }'
}

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" -eq 0 ]; then AS_ROOT=""; return 0; fi
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && AS_ROOT="sudo -n"
}

apt_quiet() {
    $AS_ROOT env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
        >>"$APT_LOG" 2>&1
}

# The names that this release knows: the first alternative that apt has, else the last one.
known_here() {
    local choice name
    for choice in "$@"; do
        for name in ${choice//|/ }; do
            if [ "$name" = "$choice" ] || apt-cache show "$name" >/dev/null 2>&1; then break; fi
        done
        echo "$name"
    done
}

# Installs all it can; a package that this release does not have does not keep the others out.
# Debian starts a service right after installing it: for the duration a policy says no, unless there is one already.
apt_install() {
    (
        APT_LOG=$(mktemp)
        policy=/usr/sbin/policy-rc.d
        made=""
        trap 'if [ -n "$made" ]; then $AS_ROOT rm -f "$policy"; fi; rm -f "$APT_LOG"' EXIT
        trap 'exit 130' INT TERM HUP
        if [ ! -e "$policy" ]; then
            made=yes
            printf '#!/bin/sh\nexit 101\n' | $AS_ROOT tee "$policy" >/dev/null && $AS_ROOT chmod 755 "$policy"
        fi
        if ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then apt_quiet update || true; fi
        set -- $(known_here "$@")
        apt_quiet install -y --no-install-recommends "$@" && exit 0
        apt_quiet update || true
        apt_quiet install -y --no-install-recommends "$@" && exit 0
        worked=0
        for package in "$@"; do
            apt_quiet install -y --no-install-recommends "$package" || { say "could not install $package"; worked=1; }
        done
        if [ $worked -ne 0 ]; then tail -n 5 "$APT_LOG" >&2; fi
        exit $worked
    )
}

system_packages() {
    local wanted missing
    wanted="$QT_PACKAGES $SEAL_PACKAGES $OPENPGP_PACKAGES $FONT_PACKAGES $PRACTICE_PACKAGES $TOR_PACKAGES"
    if [ "$1" = dev ]; then wanted="$wanted $TEST_PACKAGES"; fi
    if ! command -v dpkg-query >/dev/null 2>&1; then
        [ -x "$ROOT/.venv/bin/python" ] ||
            say "this is not Debian or Ubuntu; please install what these packages hold: $(echo $wanted)"
        return 0
    fi
    missing=$(missing_packages $wanted)
    [ -n "$missing" ] || return 0
    if may_install; then
        say "installing system packages: $(echo $missing)"
        apt_install $missing || say "going on without some system packages"
    else
        say "these system packages are missing: $(echo $missing)"
        say "install them with: sudo apt-get install $(known_here $missing | tr '\n' ' ')"
        say "going on: without Qt's libraries there is no window, without tor no Tor route, without prosody no practice server"
    fi
}

get_python() {
    find_python && return 0
    if command -v dpkg-query >/dev/null 2>&1 && may_install; then
        say "installing Python"
        apt_install python3 python3-venv >&2 || true
        find_python && return 0
        local version
        for version in 3.13 3.12 3.11; do
            if apt-cache show "python$version-venv" >/dev/null 2>&1; then
                apt_install "python$version" "python$version-venv" >&2 || true
                find_python && return 0
            fi
        done
    fi
    say "Python 3.11, 3.12 or 3.13 with its venv module is missing; install it with: sudo apt-get install python3 python3-venv"
    return 1
}

stamp_of() {
    { printf '%s\n' "$ROOT"; cat "$ROOT/pyproject.toml" "$ROOT/packaging/constraints.txt" "$ROOT/.venv/pyvenv.cfg"; } |
        sha256sum | cut -c1-64
}

pip_quiet() {
    PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONWARNINGS=ignore \
        "$ROOT/.venv/bin/python" -m pip --quiet --no-input "$@"
}

environment() {
    local extra="" python need_new=""
    if [ -x "$ROOT/.venv/bin/python" ] && [ -f "$ROOT/.venv/pyvenv.cfg" ]; then
        local now
        now=$(stamp_of)
        if grep -qsxF "$now" "$ROOT/.venv/teahouse-dev"; then return 0; fi
        if [ "$1" = runtime ] && grep -qsxF "$now" "$ROOT/.venv/teahouse-runtime"; then return 0; fi
        sound_python "$ROOT/.venv/bin/python" && grep -qsxF "$ROOT" "$ROOT/.venv/teahouse-place" || need_new=yes
    else
        need_new=yes
    fi
    if [ "$1" = dev ] || [ -f "$ROOT/.venv/teahouse-dev" ]; then extra="[dev]"; fi
    if [ -n "$need_new" ]; then
        python=$(get_python) || exit 1
        say "making a virtual environment in .venv with $("$python" -V)"
        rm -rf "$ROOT/.venv"
        "$python" -m venv "$ROOT/.venv"
        printf '%s\n' "$ROOT" >"$ROOT/.venv/teahouse-place"
    fi
    say "installing the pinned Python packages"
    rm -f "$ROOT/.venv/teahouse-dev" "$ROOT/.venv/teahouse-runtime"
    pip_quiet install -c "$ROOT/packaging/constraints.txt" setuptools || { say "pip failed; is the network there?"; exit 1; }
    pip_quiet install -c "$ROOT/packaging/constraints.txt" --no-build-isolation -e "$ROOT$extra" ||
        { say "pip failed; is the network there?"; exit 1; }
    stamp_of >"$ROOT/.venv/teahouse-runtime"
    if [ -n "$extra" ]; then stamp_of >"$ROOT/.venv/teahouse-dev"; fi
}

setup() {
    system_packages "$1"
    environment "$1"
}
