#!/usr/bin/env bash
# Puts pgvector beside the PostgreSQL server of Debian or Ubuntu, for the tests of the PostgreSQL store; as root. Where the
# distribution has the extension for this server it is that package; else Debian's source package of a later release,
# built against this server. Does nothing where there is one already.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
version=$(basename "$(dirname "$bin")")
control=/usr/share/postgresql/$version/extension/vector.control
if [[ -e $control ]] && dpkg --compare-versions "$(grep -oP "default_version = '\K[^']+" "$control")" ge 0.8; then
  echo "pgvector is there: $control"
  exit
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
package=postgresql-$version-pgvector
available=$(apt-cache policy "$package" | awk '/Candidate:/ { print $2 }')
if [[ -n $available ]] && dpkg --compare-versions "$available" ge 0.8; then
  apt-get install -q -y --no-install-recommends "$package"
  exit
fi

# A source of its own for this one package: nothing else of that release comes into the system.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] http://deb.debian.org/debian trixie main" > "$work/sources.list"
options=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
apt-get install -q -y --no-install-recommends "postgresql-server-dev-$version" gcc make libc6-dev
cd "$work"
apt-get "${options[@]}" update
apt-get "${options[@]}" source --download-only pgvector
tar -xf pgvector_*.orig.tar.gz
cd pgvector-*/
# Not for this machine's processor alone, and without bitcode, which would need LLVM.
make -s PG_CONFIG="$bin/pg_config" OPTFLAGS= with_llvm=no
make -s PG_CONFIG="$bin/pg_config" with_llvm=no install
