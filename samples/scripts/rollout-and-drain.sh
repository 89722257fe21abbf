#!/bin/bash
# Installs an application, rolls a release out, drains a node under it and verifies each step with exit codes alone.
# Runs in a cluster of its own that is gone at the end:
#     swkube run-in --nodes 2 -- samples/scripts/rollout-and-drain.sh
set -euo pipefail
samples=$(cd "$(dirname "$0")/.." && pwd)

swkube apply -f "$samples/shop.yaml" --wait-ready --timeout=60s
swkube wait deployment/shop --for=condition=Available --timeout=60s

swkube set env deployment/shop RELEASE=2
swkube rollout status deployment/shop --timeout=60s

node=$(swkube get nodes -o name | tail -1)
node=${node#node/}
swkube drain node "$node" --ignore-daemonsets --timeout=60s
if swkube get pods -l app=shop --field-selector "spec.nodeName=$node" --fail-empty > /dev/null 2>&1; then
    echo "pods stayed on $node" >&2
    exit 1
fi
swkube rollout status deployment/shop --timeout=60s
swkube uncordon "$node"
swkube delete -f "$samples/shop.yaml" --timeout=60s
echo "rolled out, drained, and gone"
