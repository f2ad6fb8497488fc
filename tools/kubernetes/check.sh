#!/bin/sh
# Holds the manifests of examples/kubernetes to the published schema of Kubernetes, unknown fields refused. Needs Python 3 and PyPI:
#     sh tools/kubernetes/check.sh
set -eu
kubernetes=1.33
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
cd "$(dirname "$0")/../../examples/kubernetes"
"$folder/venv/bin/kubernetes-validate" --strict --kubernetes-version "$kubernetes" ./*.yaml
# And that a manifest with a field that there is not, or a value of another type, would be told.
for change in 's/parallelism:/paralelism:/' 's/completions: 64/completions: many/'; do
  sed "$change" encode-job.yaml > "$folder/wrong.yaml"
  if "$folder/venv/bin/kubernetes-validate" --strict --quiet --kubernetes-version "$kubernetes" "$folder/wrong.yaml" > /dev/null 2>&1; then
    echo "not told: $change" >&2
    exit 1
  fi
done
echo "valid for Kubernetes $kubernetes"
