// A messaging product in Node, and the adapter that puts it behind the block's contract. No packages.
//
// `Outbox` stands for the product: it has an API of its own, with words of its own. Everything below it is
// the adapter: it listens, checks that the mediator calls, and translates. It keeps nothing on disk.
"use strict";
const crypto = require("node:crypto");
const http = require("node:http");

class Outbox {
  constructor() { this.letters = []; }
  post(recipient, letter) {
    const posted = { ...letter, recipient, serial: this.letters.length + 1, key: crypto.randomUUID() };
    this.letters.push(posted);
    return posted;
  }
  of(recipient) { return this.letters.filter((letter) => letter.recipient === recipient); }
}

const outbox = new Outbox();
const requests = new Map();
let clockOffset = 0;

class Refused extends Error {
  constructor(status, type, detail) { super(detail); this.status = status; this.type = type; }
}

const toMessage = (letter) => ({
  id: letter.key, number: letter.serial, channel: letter.by, sender: letter.from, subject: letter.title,
  text: letter.words, sensitive: letter.discreet, sentAt: letter.when,
});
const now = () => new Date(Date.now() + clockOffset * 1000).toISOString();
const sender = (request) => request.headers["information-mediator-client"] || "";

function listInbox({ url, found }) {
  const letters = outbox.of(found.individualId);
  const since = url.searchParams.get("since");
  const limit = Number(url.searchParams.get("limit") || 100);
  const listed = since === null
    ? letters.slice(-limit)
    : letters.filter((letter) => letter.serial > Number(since)).slice(0, limit);
  return [200, { count: listed.length, messages: listed.map(toMessage) }];
}

function deliver({ request, found, body }) {
  if (!body || !["email", "sms", "app"].includes(body.channel) || !body.text) {
    throw new Refused(400, "invalid-request", "channel and text are wanted");
  }
  const letter = outbox.post(found.individualId, {
    by: body.channel, from: sender(request), title: body.subject || "", words: body.text,
    discreet: body.sensitive === true, when: now(),
  });
  return [201, { id: letter.key }];
}

function readMessage({ found }) {
  const letter = outbox.of(found.individualId).find((each) => each.key === found.messageId);
  if (!letter) throw new Refused(404, "no-such-message", "this inbox has no such message");
  return [200, toMessage(letter)];
}

function sendSms({ request, body }) {
  if (!request.headers.apikey) throw new Refused(400, "key-missing", "state your API key in the header apiKey");
  if (!body || !body.recipientInfo || !body.smsContent) throw new Refused(400, "invalid-request", "nobody to write to");
  const uid = request.headers.requestuid || crypto.randomUUID().toUpperCase();
  if (!requests.has(uid)) {
    requests.set(uid, outbox.post(body.recipientInfo.phone, { by: "sms", words: body.smsContent.content, when: now() }));
  }
  return [200, { response: "request accepted", requestUid: uid }];
}

function setClock({ body }) {
  clockOffset = body.offset_seconds;
  return [200, { today: now().slice(0, 10) }];
}

const routes = [
  ["GET", /^\/readyz$/, () => [200, { ready: true, reason: "" }]],
  ["POST", /^\/_sandbox\/clock$/, setClock],
  ["GET", /^\/inbox\/(?<individualId>[^/]+)$/, listInbox],
  ["POST", /^\/inbox\/(?<individualId>[^/]+)\/messages$/, deliver],
  ["GET", /^\/inbox\/(?<individualId>[^/]+)\/messages\/(?<messageId>[^/]+)$/, readMessage],
  ["POST", /^\/send\/sms\/single$/, sendSms],
];

function fromMediator(request) {
  if (process.env.SANDBOX_SECRET === undefined) return true; // it stands alone, to be measured
  const [shown, wanted] = [request.headers["x-sandbox-secret"] || "", process.env.SANDBOX_SECRET]
    .map((text) => crypto.createHash("sha256").update(text).digest());
  return crypto.timingSafeEqual(shown, wanted);
}

async function answer(request) {
  const url = new URL(request.url, "http://here");
  if (url.pathname !== "/readyz" && !fromMediator(request)) {
    throw new Refused(401, "not-the-mediator", "this block answers the information mediator only");
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  let body = null;
  try { body = parts.length ? JSON.parse(Buffer.concat(parts)) : null; } catch { /* said by the operation */ }
  for (const [method, path, operation] of routes) {
    const found = path.exec(url.pathname);
    if (found && method === request.method) return operation({ request, url, body, found: found.groups || {} });
  }
  throw new Refused(404, "no-such-operation", "this product has no such operation");
}

http.createServer(async (request, response) => {
  let status, body;
  try { [status, body] = await answer(request); } catch (error) {
    [status, body] = [error.status || 500, { type: error.type || "internal-error", status: error.status || 500, detail: error.message }];
  }
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(JSON.stringify(body));
}).listen(Number(process.env.PORT), "0.0.0.0", () => console.log("listening on", process.env.PORT));
process.on("SIGTERM", () => process.exit(0));
