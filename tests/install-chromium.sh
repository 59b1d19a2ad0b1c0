#!/bin/sh
# Installs a Chromium for the browser tests where there is none: Debian's, else Playwright's own.
set -eu
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
as_root=
if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
if command -v apt-get >/dev/null && $as_root apt-get update -qq &&
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
    chromium fonts-noto-color-emoji >/dev/null; then
  exit 0
fi
.venv/bin/playwright install chromium
