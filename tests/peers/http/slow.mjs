// Usage: node slow.mjs SERVED_JOBS SCRATCH
//
// slowhttptest holds as many connections as it can. The server responds to another client all the time,
// and closes each of those connections.

import { get } from "node:http";
import { readFileSync } from "node:fs";
import { expect, finish, serve, until } from "./served.mjs";
import { held, start } from "./process.mjs";

const [program, scratch] = process.argv.slice(2);
const connections = 200;
const server = await serve(program, "head_timeout=2000", "body_timeout=3000", "rate_grace=2000", "write_timeout=2000",
    "linger_timeout=500", `file=${program}`);
const opened = async () => Number(await server.send("connections"));

/// One request on a new connection, from another address than the attack's.
const probe = () => new Promise((resolve) => {
    const request = get(`${server.url}/healthz`, { agent: false, localAddress: "127.0.0.2", timeout: 10_000 }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
    });
    request.on("timeout", () => request.destroy(new Error("no response")));
    request.on("error", (error) => resolve(error.message));
});
await probe();
await until("the first probe is closed", async () => await opened() === 0);
const before = held(server.pid);

/// Returns the attack once the server has closed its connections; the tool may still run.
async function withstand(what, target, ...args) {
    const tool = start("slowhttptest", ["-c", connections, "-r", connections, "-l", 60, "-p", 10, "-g", "-o", what,
        "-u", server.url + target, ...args].map(String), { cwd: scratch });
    let most = 0;
    // A probe can take longer than the attack's peak.
    const counting = setInterval(async () => { most = Math.max(most, await opened()); }, 10);
    const responses = new Set();
    let probes = 0;
    await until(`${what} is over`, async () => {
        responses.add(await probe());
        ++probes;
        // slowhttptest and the probe before may still count.
        return most >= connections / 2 && await opened() === 0;
    });
    clearInterval(counting);
    expect(`${what}: statuses of other clients`, [...responses], [200]);
    console.log(`${what}: ${most} connections at once, ${probes} probes`);
    return tool;
}

/// The tool reports that its connections were closed, and that the server responded to its probes.
async function gives_up(what, tool) {
    await tool.ended;
    expect(`${what}: its end`, /No open connections left/.test(tool.output));
    const rows = readFileSync(`${scratch}/${what}.csv`, "utf8").trim().split("\n").slice(1).map((row) => row.split(",").map(Number));
    expect(`${what}: the service was available`, rows.length > 0 && rows.every((row) => row.at(-1) > 0));
}

await gives_up("heads", await withstand("heads", "/healthz", "-H", "-t", "GET", "-i", 1, "-x", 24));
await gives_up("bodies", await withstand("bodies", "/v1/notes", "-B", "-t", "POST", "-i", 1, "-x", 10, "-s", 8192));
// A slow reader notices the end late.
(await withstand("responses", "/v1/files/large", "-X", "-w", 256, "-y", 512, "-n", 5, "-z", 32)).kill();
await until("all descriptors are closed", () => held(server.pid).descriptors === before.descriptors);
expect("threads are started as they are needed, and no more than allowed", held(server.pid).threads - before.threads <= 8);
expect("memory", held(server.pid).kilobytes - before.kilobytes < 64 * 1024);
console.log(`${JSON.stringify(before)} before, ${JSON.stringify(held(server.pid))} after`);
finish(9);
