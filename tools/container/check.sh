#!/bin/sh
# The steps of the Dockerfile without a container: installs into a folder that nobody may write to, runs it as another user,
# and asks it. As root, on Linux, in a checkout that is built: sh tools/container/check.sh
set -eu
folder=$(mktemp -d)
chmod 755 "$folder"
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
npm pack --silent --ignore-scripts --pack-destination "$folder" > /dev/null
sh tools/container/install.sh "$folder"/hpd-*.tgz "$folder/app"
chmod -R a+rX,a-w "$folder/app"
echo "installed: $(du -sm "$folder/app" | cut -f1) MB"
node=$(node -p process.execPath)
cp "$node" "$folder/node" && chmod 755 "$folder/node"
cd /
HOST=127.0.0.1 PORT=18088 HOME=/nonexistent HF_HUB_OFFLINE=1 HPD_API_KEY=secret \
  setpriv --reuid 65534 --regid 65534 --clear-groups \
  "$folder/node" "$folder/app/node_modules/hpd/dist/cli/main.js" serve --log none &
server=$!
"$folder/node" --input-type=module -e '
  const url = "http://127.0.0.1:18088";
  for (let tries = 0; ; tries++) {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    if (health?.ok) break;
    if (tries === 300) throw new Error("it does not get healthy");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const body = JSON.stringify({ input: "He plays guitar." });
  const refused = await fetch(`${url}/v1/embeddings`, { method: "POST", body });
  const headers = { authorization: "Bearer secret" };
  const { data } = await (await fetch(`${url}/v1/embeddings`, { method: "POST", body, headers })).json();
  if (refused.status !== 401 || data[0].embedding.length !== 256) throw new Error("it answers something else");
  console.log("answers as another user, from files that cannot be written");
'
kill "$server"
wait "$server" && echo "ended with 0"
