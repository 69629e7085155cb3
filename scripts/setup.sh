#!/bin/sh
# Checks that the tools of the machine are there, then lets setup.py install the rest.
set -eu

need() { # COMMAND HINT
    command -v "$1" >/dev/null 2>&1 && return
    echo "set-up: $1 is missing; $2, then run \`make setup\` again." >&2
    exit 1
}

need python3 "install Python 3.8 or newer (Debian: apt install python3 python3-pip)"
need g++ "install a C++ compiler (Debian: apt install g++)"
need make "install it (Debian: apt install make)" # ALE is built with it
need cargo "install Rust 1.95 or newer with rustup"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' || {
    echo "set-up: $(python3 --version) is too old; install Python 3.8 or newer, then run \`make setup\` again." >&2
    exit 1
}
exec python3 -B "$(dirname "$0")/setup.py"
