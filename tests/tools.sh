#!/bin/sh
# Installs what the browser, proxy and Node tests need. Without root or sudo, or elsewhere than on Debian, it only says
# what is missing: those tests are then skipped by name, and fail when CI=true.
cd "$(dirname "$0")/.." || exit 1
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
if [ -n "$missing" ] && command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
    if [ "$as_root" != no ]; then
        echo "installing$missing"
        # shellcheck disable=SC2086
        $as_root apt-get update -qq && \
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "not installed, and no root to install them:$missing"
    fi
fi
if command -v npm >/dev/null 2>&1 && [ ! tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ]; then
    npm ci --prefix tests/node --silent --no-audit --no-fund
    [ -d tests/node/node_modules ] && touch tests/node/node_modules/.package-lock.json
fi
exit 0
