#!/bin/sh
# Tells whether this bundle is as it was signed. Needs openssl 3 and the tools every Unix has.
# Run it in a copy whose verify.sh you trust: compare it with the one in the product's source,
# or do its four steps by hand. Usage: sh verify.sh [FINGERPRINT]
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
envelope=statement.dsse.json

# 1. Who signed: the SHA-256 of the public key. Compare it with what the installation's owner told you.
found=$(openssl pkey -pubin -in key.pub.pem -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
echo "key $found"
if [ "${1:-}" ] && [ "$1" != "$found" ]; then echo "NOT VALID: signed by another key than $1"; exit 1; fi

# 2. The signature covers DSSE's encoding of the statement.
sed -n 's/^"payload": "\(.*\)",$/\1/p' $envelope | openssl base64 -d -A > "$scratch/statement"
sed -n 's/^"sig": "\(.*\)"}]}$/\1/p' $envelope | openssl base64 -d -A > "$scratch/signature"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$scratch/statement")"
  cat "$scratch/statement"; } > "$scratch/signed"
openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in "$scratch/signed" \
  -sigfile "$scratch/signature" > /dev/null || { echo "NOT VALID: the signature does not hold"; exit 1; }

# 3. Every file named in the statement has the hash that was signed.
sed -n 's/^{"name": "\(.*\)", "digest": {"sha256": "\([0-9a-f]*\)"}},\{0,1\}$/\2 \1/p' "$scratch/statement" > "$scratch/files"
while read -r hash name; do
  [ -f "$name" ] || { echo "NOT VALID: $name is missing"; exit 1; }
  [ "$(openssl dgst -sha256 -r "$name" | cut -d' ' -f1)" = "$hash" ] || { echo "NOT VALID: $name was changed"; exit 1; }
done < "$scratch/files"

# 4. No file is here that was not signed.
cut -d' ' -f2- "$scratch/files" > "$scratch/names"
find . ! -type d | sed 's|^\./||' | while read -r name; do
  [ "$name" = $envelope ] || grep -qxF "$name" "$scratch/names" || { echo "NOT VALID: $name was not signed"; exit 1; }
done
echo "VALID: $(wc -l < "$scratch/files" | tr -d ' ') files are as they were signed"
