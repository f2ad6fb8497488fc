#!/usr/bin/env bash
# Compiles against the packed declarations, checked themselves, with old and new compilers and every module resolution
# that each knows. Needs a registry; the tests do the same with the compiler that is installed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$root" && npm pack --silent --pack-destination "$folder" >/dev/null)
cd "$folder"
mkdir -p node_modules/hpd && tar xzf hpd-*.tgz --strip-components 1 -C node_modules/hpd
cp "$root/test/package/uses-every-entry.ts" use.ts
echo '{ "type": "module", "private": true }' >package.json
for version in 5.2 5.5 5.9 6 7; do
  npm install --silent --no-save --no-audit --no-fund --prefix "compiler-$version" "typescript@$version" @types/node@20
  for resolution in node10 nodenext bundler; do
    [ "$version $resolution" = "7 node10" ] && continue # which it no longer has
    options=(--noEmit --strict --skipLibCheck false --target es2022 --moduleResolution "$resolution" --types node)
    options+=(--typeRoots "compiler-$version/node_modules/@types")
    if [ "$resolution" = nodenext ]; then options+=(--module nodenext); else options+=(--module esnext); fi
    [ "$version $resolution" = "6 node10" ] && options+=(--ignoreDeprecations 6.0)
    "compiler-$version/node_modules/.bin/tsc" "${options[@]}" use.ts
    echo "TypeScript $version, $resolution: no errors"
  done
done
