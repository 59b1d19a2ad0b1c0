#!/bin/sh
# Makes a certificate for tests and private networks: sh deploy/nginx/self-signed.sh voice.example
# Browsers warn of it once. It lies in deploy/nginx/certs, which git ignores.
set -eu
host=${1:-localhost}
folder=${2:-$(dirname "$0")/certs}
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=$host" \
  -addext "subjectAltName=DNS:$host,DNS:localhost,IP:127.0.0.1" \
  -keyout "$folder/ser.key" -out "$folder/ser.crt" 2>/dev/null
chmod 600 "$folder/ser.key"
