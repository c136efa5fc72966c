#!/usr/bin/env bash
# Builds the DTN nodes of other projects that test/interop/ talks to, from their registries, pinned, and keeps them in
# ${XDG_CACHE_HOME:-~/.cache}/hearsay-ci. Needs cargo, a C compiler and go. What is there already is not built again.
set -euo pipefail
cd "$(dirname "$0")/.."

DTN7_RS=0.21.0
DTN7_GO=0.9.1
HARDY=0.4.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hearsay-ci
# Where rustup and the Go archive put them; a shell without a login does not know.
PATH="$PATH:$HOME/.cargo/bin:/usr/local/go/bin"

# Its daemon and the two commands for sending and receiving.
install_dtn7_rs() {
  local root=$cache/dtn7-rs-$DTN7_RS
  [ -x "$root/bin/dtnrecv" ] && return
  echo "peers: building dtn7-rs $DTN7_RS (some minutes, once)"
  cargo install --quiet --locked --root "$root" --target-dir "$cache/dtn7-rs-build" \
    --bin dtnd --bin dtnsend --bin dtnrecv "dtn7@$DTN7_RS"
  rm -rf "$cache/dtn7-rs-build"
}

# Its version is in test/interop/peers/go.mod, and the checksum of all that it is made of in go.sum.
install_dtn7_go() {
  local dtnd=$cache/dtn7-go-$DTN7_GO/bin/dtnd
  [ -x "$dtnd" ] && return
  echo "peers: building dtn7-go $DTN7_GO (a minute or two, once)"
  # It was written for Go before 1.23, which let packages link to the runtime's insides.
  (cd test/interop/peers && go build -mod=readonly -buildvcs=false -ldflags=-checklinkname=0 -o "$dtnd.new" github.com/dtn7/dtn7-go/cmd/dtnd)
  mv "$dtnd.new" "$dtnd"
}

# Its TCPCLv4 is a library: the program around it is ours, in test/interop/peers/hardy, with its Cargo.lock.
install_hardy() {
  local root=$cache/hardy-tcpclv4-$HARDY source=test/interop/peers/hardy made_of
  made_of=$(cat "$source/Cargo.lock" "$source/src/main.rs" | sha256sum)
  [ -x "$root/bin/hardy-peer" ] && [ "$(cat "$root/made-of" 2>/dev/null)" = "$made_of" ] && return
  echo "peers: building hardy-tcpclv4 $HARDY (some minutes, once)"
  cargo build --quiet --locked --release --manifest-path "$source/Cargo.toml" --target-dir "$cache/hardy-build"
  mkdir -p "$root/bin"
  mv "$cache/hardy-build/release/hardy-peer" "$root/bin/"
  echo "$made_of" >"$root/made-of"
  rm -rf "$cache/hardy-build"
}

install_dtn7_rs
install_dtn7_go
install_hardy
