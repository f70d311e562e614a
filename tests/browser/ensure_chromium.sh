#!/bin/sh
# Find a Chromium for the browser tests, or install one where this system can. Never fails: without one they are skipped.
set -u

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${PREDSCOPE_CHROMIUM:-}" ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  if [ -z "$as_root" ] || $as_root true 2>/dev/null; then
    echo "Installing Chromium for the browser tests"
    $as_root apt-get update -qq >/dev/null 2>&1
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
      fonts-liberation >/dev/null 2>&1 && command -v chromium >/dev/null 2>&1 && exit 0
  fi
fi

python="${1:-python3}"
"$python" -m playwright install chromium >/dev/null 2>&1 && exit 0
echo "No Chromium here and none could be installed: the browser tests will be skipped."
exit 0
