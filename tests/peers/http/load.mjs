// Usage: node load.mjs SERVED_JOBS FOLDER; the folder holds mixed.lua.
//
// wrk and h2load send requests as fast as they can. Each request gets the expected response, and the
// clients leave nothing behind. The speed is not checked.

import { writeFileSync } from "node:fs";
import { as, expect, finish, serve, submit, until } from "./served.mjs";
import { held, start } from "./process.mjs";

const [program, folder] = process.argv.slice(2);
const server = await serve(program);
const path = await submit(server.url);
const id = await server.send("start");
const etag = async () => (await fetch(server.url + path, { headers: as("ann") })).headers.get("ETag");

async function run(command, ...args) {
    const tool = start(command, args.map(String), { cwd: folder });
    return { tool, code: await tool.ended, output: tool.output };
}

/// The resources in use after the clients' connections are closed.
async function left() {
    await until("all connections are closed", async () => await server.send("connections") === "0");
    return held(server.pid);
}

/// Reads, conditional reads, lists, repeated submits; returns the count of each status.
async function mixed(changes) {
    const running = run("wrk", "--threads", 2, "--connections", 64, "--duration", 3, "--timeout", 20, "--script", "mixed.lua",
        server.url, "--", path, await etag());
    await changes();
    const { code, output } = await running;
    expect("wrk", code, 0);
    const counts = { errors: 0, requests: 0 };
    for (const [, name, status, count] of output.matchAll(/^(errors|requests|status)(?: (\d+))? (\d+)$/gm)) {
        const key = status ?? name;
        counts[key] = (counts[key] ?? 0) + Number(count);
    }
    console.log(JSON.stringify(counts));
    const { errors, requests, ...statuses } = counts;
    expect("wrk: errors of connections", errors, 0);
    expect("wrk: statuses", Object.keys(statuses).filter((status) => !["200", "202", "304", "404"].includes(status)), []);
    // Of seven requests, one is unknown, and one is a submit; each connection may have one in progress.
    for (const status of ["202", "404"])
        expect(`wrk: ${status}, one in seven`, Math.abs(statuses[status] - requests / 7) <= 64);
    return statuses;
}

/// Sends `count` requests of one kind on 50 connections, `pipelined` at once on each.
async function same(what, count, pipelined, classes, ...args) {
    const { code, output } = await run("h2load", "--h1", "--requests", count, "--clients", 50, "--max-concurrent-streams",
        pipelined, "--threads", 1, ...args);
    expect(`h2load, ${what}`, code, 0);
    const done = /^requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/m.exec(output);
    expect(`h2load, ${what}: requests`, done?.slice(1).map(Number), [count, count, classes[0] + classes[1], classes[2] + classes[3], 0]);
    const statuses = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/m.exec(output);
    expect(`h2load, ${what}: statuses`, statuses?.slice(1).map(Number), classes);
}

const unchanged = await mixed(async () => {});
// Two of seven requests have the current ETag.
expect("wrk: 304", Math.abs(unchanged[304] - 2 * unchanged[404]) <= 128);
const before = await left();
await mixed(async () => {
    for (let percent = 0; percent < 100; ++percent) await server.send(`report ${id} ${percent} under load`);
});
await same("status", 5000, 1, [5000, 0, 0, 0], "--header", "Authorization: Bearer ann", server.url + path);
await same("status, pipelined", 5000, 10, [5000, 0, 0, 0], "--header", "Authorization: Bearer ann", server.url + path);
await same("not modified", 5000, 10, [0, 5000, 0, 0], "--header", "Authorization: Bearer ann",
    "--header", `If-None-Match: ${await etag()}`, server.url + path);
await same("without credentials", 5000, 10, [0, 0, 5000, 0], server.url + path);
const after = await left();
console.log(`${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
expect("descriptors", after.descriptors, before.descriptors);
expect("threads", after.threads, before.threads);
expect("memory", after.kilobytes - before.kilobytes < 16 * 1024);

// Each of these submits a job, and jobs are kept.
writeFileSync(`${folder}/note`, '"a note"');
await same("submits", 2000, 5, [2000, 0, 0, 0], "--header", "Authorization: Bearer eve",
    "--header", "Content-Type: application/json", "--data", "note", `${server.url}/v1/notes`);
let jobs = 0;
for (let cursor = ""; cursor !== undefined;) {
    const page = await (await fetch(`${server.url}/v1/jobs?limit=200${cursor}`, { headers: as("eve") })).json();
    jobs += page.jobs.length;
    cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
}
expect("jobs, one for each submit", jobs, 2000);
expect("descriptors", (await left()).descriptors, before.descriptors);
finish(31);
