#!/bin/sh
# Installs a packed hpd into a folder, as the Dockerfile does: install.sh PACKAGE.tgz FOLDER
set -eu
mkdir -p "$2"
npm install --prefix "$2" --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund "$1"
# onnxruntime-node has the libraries of all platforms, and of GPUs.
bin=$2/node_modules/onnxruntime-node/bin/napi-v6
platform=$(node -p process.platform)
arch=$(node -p process.arch)
for folder in "$bin"/*/*; do
  [ "$folder" = "$bin/$platform/$arch" ] || rm -r "$folder"
done
find "$bin" -name '*providers_*' ! -name '*providers_shared*' -delete
