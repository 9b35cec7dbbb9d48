// Usage: node eventsource.mjs SERVED_JOBS
//
// Follows jobs with a client for Node, through a proxy that cuts connections at critical points.

import { EventSource } from "eventsource";
import { Proxy } from "./proxy.mjs";
import { as, expect, finish, serve, submit, until } from "./served.mjs";

const [program] = process.argv.slice(2);

/// A job's stream, through a separate proxy.
class JobFollower {
    events = [];
    errors = [];

    static async of(server, path, name = "ann") {
        const follower = new JobFollower();
        follower.proxy = await new Proxy(server.port).listen();
        follower.source = new EventSource(`${follower.proxy.url}${path}/events`, {
            fetch: (url, init) => fetch(url, { ...init, headers: as(name, init.headers) }),
        });
        for (const type of ["updated", "completed", "failed", "cancelled"])
            follower.source.addEventListener(`job.${type}`, (event) => follower.events.push(event));
        follower.source.addEventListener("message", () => follower.errors.push("an event without type"));
        follower.source.addEventListener("error", (event) => follower.errors.push(event.code));
        return follower;
    }

    get last() { return JSON.parse(this.events.at(-1)?.data ?? "{}"); }
    get types() { return this.events.map((event) => event.type); }
    get messages() { return this.events.map((event) => JSON.parse(event.data).message); }

    /// The id that each connection resumed from.
    get resumed() {
        return this.proxy.requests.map((head) => /^last-event-id: *(\S+)/im.exec(head)?.[1] ?? null);
    }

    saw(what, holds) { return until(`the follower has seen ${what}`, () => holds(this.last)); }
    sawMessage(message) { return this.saw(message, (job) => job.message === message); }
    closed() {
        return until("the follower has stopped", () => this.source.readyState === EventSource.CLOSED);
    }

    expectNoneLostOrRepeated(what) {
        const ids = this.events.map((event) => Number(event.lastEventId));
        expect(`${what}: ids rise`, ids, [...new Set(ids)].sort((a, b) => a - b));
    }

    /// The client has resumed with the last id, received 204, and stopped.
    async expectTheEnd(what, types) {
        await this.closed();
        expect(`${what}: events`, this.types, types);
        expect(`${what}: the last response`, this.errors.at(-1), 204);
        expect(`${what}: the last id`, this.resumed.at(-1), this.events.at(-1).lastEventId);
        this.expectNoneLostOrRepeated(what);
    }
}

async function started(server) {
    const path = await submit(server.url);
    const id = await server.send("start");
    expect("the job that is claimed", path, `/v1/jobs/${id}`);
    return { path, id };
}

const texts = [
    "plain", "Ünïcödé – “quoted”", "日本語の進捗", "прочитано ½", "تقرير المبيعات", "ליווי", "e\u0301 is not é",
    "😀👩‍👩‍👧‍👦🇩🇪", "line\u2028separator\u2029", "\ufeffbyte order mark", "id: 7", ": no comment", "data: {}", "\\n \\u0041",
    "\u{10ffff}", "tab\there", "\u0085next\u200b",
];

/// Every byte in a separate packet: this cuts characters, line ends and chunks.
async function follows_to_the_end_byte_by_byte(server) {
    const { path, id } = await started(server);
    const follower = await JobFollower.of(server, path);
    follower.proxy.pass = (data) => Array.from(data, (byte) => Buffer.of(byte));
    await follower.saw("the start", (job) => job.status === "processing");
    for (const [i, text] of texts.entries()) {
        await server.send(`report ${id} ${i} ${text}`);
        await follower.sawMessage(text);
    }
    await server.send(`complete ${id} {"texts": ${JSON.stringify(texts)}}`);
    await follower.expectTheEnd("byte by byte", [...Array(texts.length + 1).fill("job.updated"), "job.completed"]);
    expect("byte by byte: each message once, unchanged", follower.messages.slice(1, -1), texts);
    expect("byte by byte: the result unchanged", follower.last.result, { texts });
    const status = await fetch(server.url + path, { headers: as("ann") });
    expect("byte by byte: the last event is the status", follower.events.at(-1).data, await status.text());
    expect("byte by byte: connections", follower.resumed.length, 2);
}

/// Forwards only the first half of `mark` and cuts the connection there, once.
const cut_within = (proxy, mark) => {
    proxy.pass = (data, cut) => {
        if (!data.includes(mark)) return [data];
        proxy.pass = (rest) => [rest];
        setImmediate(cut);
        return [data.subarray(0, data.indexOf(mark) + mark.length / 2)];
    };
};

async function resumes_with_the_cut_event_and_the_missed_ones(server) {
    const { path, id } = await started(server);
    const follower = await JobFollower.of(server, path);
    await server.send(`report ${id} 10 first`);
    await follower.sawMessage("first");
    const known = follower.events.at(-1).lastEventId;

    cut_within(follower.proxy, "second");
    await server.send(`report ${id} 20 second`);
    await until("the connection was cut", () => follower.errors.length === 1);
    await server.send(`report ${id} 30 third`);
    await follower.sawMessage("third");
    expect("cut: the id it resumed from", follower.resumed, [null, known]);

    const before = follower.events.at(-1).lastEventId;
    cut_within(follower.proxy, "job.completed");
    await server.send(`complete ${id} "done"`);
    await follower.closed();
    expect("cut: the last event is sent again", follower.resumed.slice(2),
        [before, follower.events.at(-1).lastEventId]);
    expect("cut: the last event", follower.events.at(-1).type, "job.completed");
    expect("cut: the last response", follower.errors.at(-1), 204);
    expect("cut: half an event is ignored", follower.messages.includes("second"), false);
    follower.expectNoneLostOrRepeated("cut");
}

/// The last event arrives, but not the end of the stream.
async function receives_an_end_that_was_cut_off(server) {
    const { path, id } = await started(server);
    const follower = await JobFollower.of(server, path);
    await follower.saw("the start", (job) => job.status === "processing");
    follower.proxy.pass = (data, cut) => {
        if (!data.includes("job.failed")) return [data];
        follower.proxy.pass = (rest) => [rest];
        setImmediate(cut);
        return [data.subarray(0, data.indexOf("\n\n") + 2)];
    };
    await server.send(`fail ${id} no paper`);
    await follower.expectTheEnd("cut after the end", ["job.updated", "job.failed"]);
    expect("cut after the end: its error", follower.last.error, { code: "E1", message: "no paper", details: null });
}

async function receives_a_cancellation(server) {
    const path = await submit(server.url);
    const follower = await JobFollower.of(server, path);
    await follower.saw("the job", (job) => job.status === "pending");
    const response = await fetch(`${server.url}${path}/cancel`, { method: "POST", headers: as("ann") });
    expect("cancelled: its response", response.status, 200);
    await follower.expectTheEnd("cancelled", ["job.updated", "job.cancelled"]);
}

async function ignores_heartbeats(server) {
    const { path, id } = await started(server);
    const follower = await JobFollower.of(server, path);
    let heartbeats = 0;
    follower.proxy.pass = (data) => {
        heartbeats += data.toString("latin1").split("\r\n:\n\n\r\n").length - 1;
        return [data];
    };
    await until("there were heartbeats", () => heartbeats >= 3);
    expect("heartbeats: events", follower.types, ["job.updated"]);
    expect("heartbeats: errors", follower.errors, []);
    await server.send(`complete ${id} 1`);
    await follower.expectTheEnd("heartbeats", ["job.updated", "job.completed"]);
}

async function stops_after_an_error(server) {
    const path = await submit(server.url);
    await server.send("start");
    for (const [name, where, status] of [["", path, 401], ["bob", path, 404], ["ann", "/v1/jobs/job-1", 404]]) {
        const follower = await JobFollower.of(server, where, name);
        await follower.closed();
        expect(`error: ${name} at ${where}`, [follower.errors, follower.types], [[status], []]);
        expect(`error: ${name} connects once`, follower.resumed, [null]);
    }
}

// Concurrently, each on its own server, because they mostly wait until a client reconnects.
await Promise.all([
    follows_to_the_end_byte_by_byte, resumes_with_the_cut_event_and_the_missed_ones,
    receives_an_end_that_was_cut_off, receives_a_cancellation, ignores_heartbeats,
    stops_after_an_error,
].map(async (story) => story(await serve(program, "heartbeat=50"))));
finish(35);
