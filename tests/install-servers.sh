#!/bin/sh
# Installs Debian's nginx, Prometheus, Alertmanager and Redis for tests, and starts none of them. Without them, and
# without apt-get, these tests are skipped.
set -eu
PATH=$PATH:/usr/sbin
missing=
for name in nginx prometheus prometheus-alertmanager redis-server; do
  if ! command -v "$name" >/dev/null; then missing="$missing $name"; fi
done
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "No$missing here, and no apt-get: their tests are skipped." >&2
  exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
# Debian asks this program whether a new service may start.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086  # two words
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
