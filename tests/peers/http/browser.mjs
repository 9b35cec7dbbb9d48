// Usage: node browser.mjs SERVED_JOBS BROWSER SCRATCH
//
// Pages of other origins use the API from a browser, with the browser's rules: preflights,
// fields that scripts may read, cookies, and its own EventSource.

import { createServer } from "node:http";
import { once } from "node:events";
import puppeteer from "puppeteer-core";
import { Proxy } from "./proxy.mjs";
import { as, expect, finish, serve, submit, until } from "./served.mjs";

const [program, executablePath, scratch] = process.argv.slice(2);

/// Serves an empty page, for its origin.
async function site() {
    const server = createServer((_, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end("<!doctype html><title>page</title>");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${server.address().port}`;
}

const browser = await puppeteer.launch({
    executablePath, headless: "shell", userDataDir: scratch, args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
process.once("exit", () => browser.process()?.kill("SIGKILL"));

const welcome = await site();
const stranger = await site();
const server = await serve(program, `cors_origin=${welcome}`, "cors_credentials=yes", "submits_per_owner=1000", "heartbeat=50");
const api = await new Proxy(server.port).listen();

async function open(origin) {
    const page = await browser.newPage();
    await page.goto(origin);
    // What scripts can read of a response; a refusal by the browser is a TypeError.
    await page.evaluate(() => {
        globalThis.ask = async (url, options = {}) => {
            try {
                const response = await fetch(url, { cache: "no-store", ...options });
                return { status: response.status, fields: Object.fromEntries(response.headers), body: await response.text() };
            } catch (error) {
                return { refused: error.name };
            }
        };
    });
    return page;
}
const ask = (page, path, options) => page.evaluate((url, given) => globalThis.ask(url, given), api.url + path, options);
const json = { "Content-Type": "application/json" };
const fields = as("ann", { ...json, "Idempotency-Key": '"a-page"', Prefer: "wait=0", traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` });
const posted = { method: "POST", headers: fields, body: '"a note"' };
const heads = (method) => api.requests.filter((head) => head.startsWith(`${method} `));

/// Follows a job with the browser's own EventSource, which collects the events in the page.
const follow = (page, path, withCredentials) => page.evaluate((url, options) => {
    const received = globalThis.received = { events: [], errors: [], source: new EventSource(url, options) };
    for (const type of ["job.updated", "job.completed", "message"])
        received.source.addEventListener(type, ({ data, lastEventId }) => received.events.push({ type, data, lastEventId }));
    received.source.onerror = () => received.errors.push(received.source.readyState);
}, `${api.url}${path}/events`, { withCredentials });
const received = (page) => page.evaluate(() => {
    const { events, errors, source } = globalThis.received;
    return { events, errors, closed: source.readyState === EventSource.CLOSED };
});

async function submits_and_reads_what_is_exposed() {
    const page = await open(welcome);
    const accepted = await ask(page, "/v1/notes", posted);
    expect("the browser asked first", heads("OPTIONS").length, 1);
    expect("a submit from a page", accepted.status, 202);
    const readable = (response, ...names) => names.forEach((name) => expect(`a script can read ${name}`, name in response.fields));
    readable(accepted, "location", "retry-after", "ratelimit", "ratelimit-policy");
    readable(await ask(page, "/v1/notes", posted), "idempotent-replayed");
    const path = accepted.fields.location;
    const status = await ask(page, path, { headers: as("ann") });
    expect("its status", [status.status, JSON.parse(status.body).status], [200, "pending"]);
    readable(status, "etag", "retry-after");
    const current = await ask(page, path, { headers: as("ann", { "If-None-Match": status.fields.etag }) });
    expect("a conditional request", current.status, 304);
    const id = await server.send("start");
    await server.send(`complete ${id} 1`);
    readable(await ask(page, path, { headers: as("ann") }), "sunset");
    readable(await ask(page, "/v1/notes", { ...posted, headers: { ...fields, Prefer: "wait=5" } }), "preference-applied");
    const refused = await ask(page, path, { headers: as("bob") });
    expect("a refusal can be read", refused.status, 404);
    const unknown = await ask(page, path);
    readable(unknown, "www-authenticate");
    expect("so can a problem", JSON.parse(unknown.body).code, "unauthenticated");
    expect("a page may delete", (await ask(page, path, { method: "DELETE", headers: as("ann") })).status, 204);
    expect("a field that is not allowed", await ask(page, path, { headers: { "X-Other": "1" } }), { refused: "TypeError" });
}

async function follows_with_a_cookie_and_stops_for_good() {
    const page = await open(welcome);
    await page.evaluate(() => { document.cookie = "session=ann"; });
    const path = await submit(server.url);
    const id = await server.send("start");
    await follow(page, path, true);
    const messages = ["plain", "日本語の進捗 😀", "e\u0301 \u2028 \ufeff"];
    for (const [i, message] of messages.entries()) {
        await server.send(`report ${id} ${i} ${message}`);
        await until("the page has received", async () => JSON.parse((await received(page)).events.at(-1)?.data ?? "{}").message === message);
    }
    await server.send(`complete ${id} "done"`);
    await until("the page has stopped", async () => (await received(page)).closed);
    const { events, errors } = await received(page);
    expect("the last event", events.at(-1).type, "job.completed");
    expect("all events have their types", events.every(({ type }) => type !== "message"));
    const ids = events.map(({ lastEventId }) => Number(lastEventId));
    expect("ids rise", ids, [...new Set(ids)].sort((a, b) => a - b));
    expect("each message once, as it was", events.map(({ data }) => JSON.parse(data).message).slice(-1 - messages.length, -1), messages);
    expect("it came back once, and was sent away", errors, [0, 2]);
    const streams = heads("GET").filter((head) => head.startsWith(`GET ${path}/events `));
    expect("two requests", streams.length, 2);
    expect("the second with the last id", /^last-event-id: (\d+)/im.exec(streams[1])?.[1], String(ids.at(-1)));
}

async function sends_cookies_only_where_asked_to() {
    const page = await open(welcome);
    expect("with them", (await ask(page, "/v1/jobs", { credentials: "include" })).status, 200);
    expect("without them", (await ask(page, "/v1/jobs", { credentials: "omit" })).status, 401);
    const path = await submit(server.url);
    await follow(page, path, false);
    await until("the page has stopped", async () => (await received(page)).closed);
    expect("a stream without them", (await received(page)).events, []);
}

async function is_nothing_to_a_page_of_another_origin() {
    const page = await open(stranger);
    const jobs = async () => JSON.parse(await (await fetch(`${server.url}/v1/jobs`, { headers: as("ann") })).text()).jobs.length;
    const path = await submit(server.url);
    const before = await jobs();
    const posts = heads("POST").length;
    const refused = { refused: "TypeError" };
    expect("a stranger's submit", await ask(page, "/v1/notes", posted), refused);
    expect("it was never sent", heads("POST").length, posts);
    expect("a stranger's read", await ask(page, "/healthz"), refused);
    expect("with a token", await ask(page, path, { headers: as("ann") }), refused);
    expect("with cookies", await ask(page, path, { credentials: "include" }), refused);
    expect("a deletion", await ask(page, path, { method: "DELETE", credentials: "include" }), refused);
    // A request without a preflight is sent with cookies, and must have no effect.
    for (const mode of ["cors", "no-cors"])
        await ask(page, "/v1/notes", { method: "POST", mode, credentials: "include", body: '"forged"' });
    expect("that was sent", heads("POST").length, posts + 2);
    await ask(page, `${path}/cancel`, { method: "POST", headers: json, credentials: "include" });
    expect("no job was made", await jobs(), before);
    const status = await (await fetch(server.url + path, { headers: as("ann") })).json();
    expect("nor cancelled", status.status, "pending");
    for (const withCredentials of [false, true]) {
        await follow(page, path, withCredentials);
        await until("the page has stopped", async () => (await received(page)).closed);
        expect("a stranger's stream", (await received(page)).events, []);
    }
}

async function reads_nothing_by_cookies_where_they_are_not_allowed() {
    const plain = await serve(program, `cors_origin=${welcome}`);
    const page = await open(welcome);
    const url = `${plain.url}/v1/jobs`;
    const response = (options) => page.evaluate((target, given) => globalThis.ask(target, given), url, options);
    expect("with a token", (await response({ headers: as("ann") })).status, 200);
    expect("with cookies", await response({ credentials: "include" }), { refused: "TypeError" });
}

await submits_and_reads_what_is_exposed();
await follows_with_a_cookie_and_stops_for_good();
await sends_cookies_only_where_asked_to();
await is_nothing_to_a_page_of_another_origin();
await reads_nothing_by_cookies_where_they_are_not_allowed();
await browser.close();
finish(41);
