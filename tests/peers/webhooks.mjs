// Usage: node webhooks.mjs PROGRAM [CASES]; PROGRAM is webhook_signatures.
//
// Each message must verify with each of its secrets, in both libraries, and with none of them after a
// byte of it has changed.

import { spawnSync } from "node:child_process";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const [program, cases = "200"] = process.argv.slice(2);
const run = spawnSync(program, [cases], { encoding: "utf8", maxBuffer: 1 << 28 });
const messages = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
if (run.status !== 0 || messages.length !== Number(cases)) throw new Error("no messages");

function verifies(verifier, message, body) {
  const headers = {
    "webhook-id": message.id,
    "webhook-timestamp": message.timestamp,
    "webhook-signature": message.signature,
  };
  try {
    verifier.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

let failed = 0;
for (const message of messages) {
  const changed = message.body.replace("{", "{ ");
  for (const secret of message.secrets) {
    for (const verifier of [new Standard(secret), new Svix(secret)]) {
      const right = verifies(verifier, message, message.body);
      if (right && !verifies(verifier, message, changed)) continue;
      console.log(`${verifier.constructor.name}: ${JSON.stringify(message)}`);
      failed += 1;
    }
  }
}
console.log(`${messages.length} messages, ${failed} differences`);
process.exit(failed === 0 ? 0 : 1);
