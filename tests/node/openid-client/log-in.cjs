// A relying party by openid-client: code flow, PKCE, private_key_jwt. One JSON document a line, in and out:
// it tells its public key, hears the issuer and its client id, tells where the browser is to go, hears where
// the browser came back to, and tells what it learnt of the person. Its private key never leaves it.
"use strict";
const { generateKeyPairSync } = require("node:crypto");
const readline = require("node:readline");
const { Issuer, generators } = require("openid-client");

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

async function main() {
  const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
    kid: "relying-party", use: "sig", alg: "ES256" };
  const { d, ...publicKey } = key;
  tell({ publicKey });

  const asked = await hear();
  const issuer = await Issuer.discover(asked.issuer);
  const client = new issuer.Client({
    client_id: asked.clientId,
    redirect_uris: [asked.redirectUri],
    response_types: ["code"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    userinfo_signed_response_alg: "ES256",
  }, { keys: [key] });
  const checks = { code_verifier: generators.codeVerifier(), state: generators.state(),
    nonce: generators.nonce(), response_type: "code" };
  tell({ url: client.authorizationUrl({
    scope: "openid profile",
    code_challenge: generators.codeChallenge(checks.code_verifier),
    code_challenge_method: "S256",
    state: checks.state,
    nonce: checks.nonce,
  }) });

  const back = client.callbackParams((await hear()).location);
  const tokens = await client.callback(asked.redirectUri, back, checks);
  const userinfo = await client.userinfo(tokens);
  const again = await client.callback(asked.redirectUri, back, checks).catch((error) => error);
  tell({ claims: tokens.claims(), userinfo, replayed: again.error ?? "accepted" });
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
