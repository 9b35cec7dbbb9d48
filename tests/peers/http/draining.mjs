// Usage: node draining.mjs REPORT_SERVER SCRATCH
//
// Two processes over one store: the first is stopped while a client follows a job there, and the client
// continues at the second without a lost or repeated event.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { EventSource } from "eventsource";
import { Proxy } from "./proxy.mjs";
import { as, expect, finish, until } from "./served.mjs";

const [program, scratch] = process.argv.slice(2);
writeFileSync(`${scratch}/tokens`, `${createHash("sha256").update("secret").digest("hex")} ann\n`);

// Enough lines that the job has not started when the client begins to follow it.
const days = Array.from({ length: 28 }, (_, i) => `2011-01-${String(i + 1).padStart(2, "0")}T12:00:00Z`);
const lines = Array.from({ length: 150_000 }, (_, i) => `${500_000 + i},21730,GLASS STAR,6,${days[i % 28]},4.25,17850,Germany\n`);
writeFileSync(`${scratch}/orders.csv`,
    `invoice_no,stock_code,description,quantity,invoiced_at,unit_price,customer_id,country\n${lines.join("")}`);

async function start() {
    const child = spawn(program, ["--listen", "127.0.0.1:0", "--store", `sqlite:${scratch}/jobs.db`, "--workers", "1",
        "--orders", `${scratch}/orders.csv`, "--files", `${scratch}/files`, "--tokens", `${scratch}/tokens`], { stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => child.kill("SIGKILL"));
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return { child, port: Number(new URL(line.replace("listening on ", "")).port) };
}
const headers = as("secret", { "Content-Type": "application/json" });

const first = await start();
const second = await start();
const proxy = await new Proxy(first.port).listen();

// Jobs in the queue before the one to follow.
let path;
for (let i = 0; i < 4; ++i) {
    const response = await fetch(`${proxy.url}/v1/reports/sales`, {
        method: "POST", headers, body: JSON.stringify({ from: "2011-01-01", to: "2011-01-31", format: "csv" }),
    });
    expect("a report is accepted", response.status, 202);
    path = response.headers.get("Location");
}

const events = [];
const errors = [];
const source = new EventSource(`${proxy.url}${path}/events`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
});
for (const type of ["job.updated", "job.completed", "job.failed"])
    source.addEventListener(type, (event) => events.push(event));
source.addEventListener("error", (event) => errors.push(event.code));

await until("the job is followed", () => events.length > 0);
expect("it is not done yet", events.map((event) => event.type).includes("job.completed"), false);
first.child.kill("SIGTERM");
proxy.port = second.port;
const [code] = await once(first.child, "exit");
expect("the first process ends well", code, 0);
await until("the follower has stopped", () => source.readyState === EventSource.CLOSED);

const ids = events.map((event) => Number(event.lastEventId));
expect("ids rise", ids, [...new Set(ids)].sort((a, b) => a - b));
expect("the last event", events.at(-1).type, "job.completed");
expect("the last response", errors.at(-1), 204);
const heads = proxy.requests.filter((head) => head.startsWith(`GET ${path}/events`));
const resumed = heads.map((head) => Number(/^last-event-id: *(\d+)/im.exec(head)?.[1] ?? 0));
expect("it resumed with its last event", resumed[0] === 0 && ids.includes(resumed[1]));
expect("it resumed at the other process, up to the end", resumed.at(-1), ids.at(-1));
const status = await fetch(`http://127.0.0.1:${second.port}${path}`, { headers });
expect("the last event is the job", JSON.parse(events.at(-1).data).completed_at, (await status.json()).completed_at);
second.child.kill("SIGTERM");
await once(second.child, "exit");
finish(12);
