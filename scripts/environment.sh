# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and what counts as there.

# shellcheck disable=SC2034 # for the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
firmware_target=thumbv7em-none-eabihf
m0plus_target=thumbv6m-none-eabi
windows_target=x86_64-pc-windows-gnu
# What a release has static programs for; the other way round than from x86-64 nothing is compiled.
static_targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl)
oldest_rust=1.89
# The release that tinybench itself is built on.
probe_rs_version=0.32.0

# rustup's installer changes the search path of later shells, not of this one.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi

# Tools that setup builds for this project alone.
PATH="$root/.tools/bin:$PATH"

# The compiler the host programs are built with is there and recent enough.
host_rust_is_there() {
    local version
    command -v cargo >/dev/null || return 1
    version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$version" ] && [ "$(printf '%s\n' "$oldest_rust" "$version" | sort -V | head -n1)" = "$oldest_rust" ]
}

# The compiler on the search path has the library of a target.
rustup_target_is_there() {
    local folder
    folder=$(rustc --print target-libdir --target "$1" 2>/dev/null) || return 1
    compgen -G "$folder/libcore-*.rlib" >/dev/null
}

# The links to crates beside it that the firmware's workspace has, as tinybench makes them.
link_firmware() {
    local name crate deps=$root/targets/firmware/deps
    mkdir -p "$deps"
    while read -r name crate; do
        [ -d "$deps/$name" ] || ln -s "../../../$crate" "$deps/$name"
    done < <(sed -n 's/^    ("\([a-z]*\)", "\(.*\)"),$/\1 \2/p' "$root/harness/build/src/neighbours.rs")
}

# What compiles C for one of the static targets.
static_compiler() {
    case "$1" in
        "$(uname -m)"-*) echo musl-gcc ;;
        *) echo aarch64-linux-gnu-gcc ;;
    esac
}

# Headers of musl for a processor other than this machine's, which its compiler for glibc is given.
musl_headers=$root/.tools/musl-arm64/usr/include/aarch64-linux-musl

# The library, the C compiler and the headers for one of the static targets.
static_target_is_there() {
    rustup_target_is_there "$1" && command -v "$(static_compiler "$1")" >/dev/null &&
        { [ "$(static_compiler "$1")" = musl-gcc ] || [ -d "$musl_headers" ]; }
}

# The library and the C compiler for Windows.
windows_target_is_there() {
    rustup_target_is_there "$windows_target" && command -v x86_64-w64-mingw32-gcc >/dev/null
}

# Debian's compiler can build the library from its sources, and a linker is there.
debian_target_is_there() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || return 1
    [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs" ] || return 1
    linker_is_there
}

# An lld: rustup's own or the system's.
linker_is_there() {
    local sysroot
    [ -x /usr/bin/ld.lld ] && return 0
    sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
    compgen -G "$sysroot/lib/rustlib/*/bin/rust-lld" >/dev/null
}

# The probe-rs command line, of the right release.
probe_rs_is_there() {
    [ "$(probe-rs --version 2>/dev/null | cut -d' ' -f2)" = "$probe_rs_version" ]
}

# Serves a virtual board until this shell ends, and names it in PROBE_RS_PROBE for the tools of
# probe-rs. Sets `scratch`, a folder that is deleted with it.
serve_board() {
    local board=$1 target=${CARGO_TARGET_DIR:-$root/target} server
    # All of the workspace: alone, the package would be built with other features of what it uses.
    (cd "$root" && cargo build --quiet --locked --workspace)
    scratch=$(mktemp -d)
    "$target/debug/tinybench" --project "$root" serve --board "$board" >"$scratch/selector" 2>"$scratch/log" &
    server=$!
    # shellcheck disable=SC2064 # these are known now
    trap "kill $server 2>/dev/null || true; rm -rf '$scratch'" EXIT
    until [ -s "$scratch/selector" ]; do
        if ! kill -0 "$server" 2>/dev/null; then
            cat "$scratch/log" >&2
            exit 4
        fi
        sleep 0.05
    done
    PROBE_RS_PROBE=$(head -n1 "$scratch/selector")
    export PROBE_RS_PROBE
}
