#!/usr/bin/env bash
# Makes the passwords and the key that compose.yaml reads, and .env; what exists is kept. It needs openssl.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in postgres grafana; do
	[[ -s secrets/$name-password ]] || printf '%s' "$(openssl rand -hex 24)" >"secrets/$name-password"
done
[[ -s secrets/token.pem ]] || openssl genpkey -algorithm ed25519 -out secrets/token.pem
user=$(id -u):$(id -g)
if ((EUID == 0)); then # programs never run as root
	user=65532:65532
	chown -R "$user" secrets
fi
if [[ ! -e .env ]]; then
	sed "s/^CONTAINER_USER=.*/CONTAINER_USER=$user/" .env.example >.env
fi
chmod 0644 secrets/grafana-password # Grafana's own user reads it; the folder keeps others out
