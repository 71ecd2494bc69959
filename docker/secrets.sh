#!/bin/sh
# Makes docker/secrets: random passwords and keys for compose.yml. Never overwrites one.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets # the folder keeps others out; the containers' accounts must read the files
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

[ -e secrets/secret_key ] || random >secrets/secret_key
[ -e secrets/metrics_token ] || random >secrets/metrics_token
[ -e secrets/postgres_password ] || random >secrets/postgres_password
[ -e secrets/database_url ] ||
    printf 'postgresql://bigdot:%s@postgres/bigdot' "$(cat secrets/postgres_password)" >secrets/database_url
[ -e secrets/smtp_password ] || : >secrets/smtp_password
chmod 644 secrets/*
