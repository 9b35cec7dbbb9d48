// Usage: node slow.mjs SERVED_JOBS SCRATCH
//
// slowhttptest holds as many connections as it can. Another client is served all the time, and each of
// those connections is ended.

import { get } from "node:http";
import { readFileSync } from "node:fs";
import { expect, finish, serve, until } from "./served.mjs";
import { held, start } from "./process.mjs";

const [program, scratch] = process.argv.slice(2);
const connections = 200;
const server = await serve(program, "head_timeout=2000", "body_timeout=3000", "rate_grace=2000", "write_timeout=2000",
    "linger_timeout=500", `file=${program}`);
const opened = async () => Number(await server.tell("connections"));

/// One request on a connection of its own, from another address than the attack's.
const probe = () => new Promise((resolve) => {
    const request = get(`${server.url}/healthz`, { agent: false, localAddress: "127.0.0.2", timeout: 10_000 }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", (error) => resolve(error.message));
});
await probe();
await until("the first probe has gone", async () => await opened() === 0);
const before = held(server.pid);

/// Returns the attack while it may still be under way, when the server has rid itself of it.
async function withstand(what, target, ...args) {
    const tool = start("slowhttptest", ["-c", connections, "-r", connections, "-l", 60, "-p", 10, "-g", "-o", what,
        "-u", server.url + target, ...args].map(String), { cwd: scratch });
    let most = 0;
    const answers = new Set();
    let probes = 0;
    await until(`${what} is over`, async () => {
        most = Math.max(most, await opened());
        answers.add(await probe());
        ++probes;
        // slowhttptest and the probe before may still count.
        return most >= connections / 2 && await opened() === 0;
    });
    expect(`${what}: what other clients get`, [...answers], [200]);
    console.log(`${what}: ${most} connections at once, ${probes} probes`);
    return tool;
}

/// The attack itself says that it was thrown out, and that the server was there for its own probes.
async function gives_up(what, tool) {
    await tool.ended;
    expect(`${what}: how it ended`, /No open connections left/.test(tool.output));
    const rows = readFileSync(`${scratch}/${what}.csv`, "utf8").trim().split("\n").slice(1).map((row) => row.split(",").map(Number));
    expect(`${what}: it found the service there`, rows.length > 0 && rows.every((row) => row.at(-1) > 0));
}

await gives_up("heads", await withstand("heads", "/healthz", "-H", "-t", "GET", "-i", 1, "-x", 24));
await gives_up("bodies", await withstand("bodies", "/v1/notes", "-B", "-t", "POST", "-i", 1, "-x", 10, "-s", 8192));
// Who reads slowly hears late that it is over.
(await withstand("answers", "/v1/files/large", "-X", "-w", 256, "-y", 512, "-n", 5, "-z", 32)).kill();
await until("all descriptors are closed", () => held(server.pid).descriptors === before.descriptors);
expect("threads are started as they are needed, and no more than allowed", held(server.pid).threads - before.threads <= 8);
expect("memory", held(server.pid).kilobytes - before.kilobytes < 64 * 1024);
console.log(`${JSON.stringify(before)} before, ${JSON.stringify(held(server.pid))} after`);
finish(9);
