// Parses each field of each response: structured fields by structured-headers, others by the grammar
// of their RFC. An unknown field is a failure.

import { Token, parseDictionary, parseItem, parseList } from "structured-headers";
import { expect } from "./served.mjs";
import { ask, exchange, field, parse, request } from "./raw.mjs";

const tokens = (value) => parseList(value).map(([item, parameters]) => {
    if (!(item instanceof Token) || parameters.size > 0) throw new Error("not a list of tokens");
    return item.toString();
});
const integer = (value, least) => {
    const [item, parameters] = parseItem(value);
    return Number.isInteger(item) && item >= least && parameters.size === 0 && /^\d+$/.test(value);
};
const isTrue = (value) => parseItem(value)[0].toString() === "true";
const imfDate = (value) =>
    /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/.test(value)
    && new Date(value).toUTCString() === value;
const mediaType = (value) =>
    /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+(; ?[!#$%&'*+.^_`|~\w-]+=([!#$%&'*+.^_`|~\w-]+|"[^"\\]*"))*$/.test(value);

/// `"submits";q=10;w=60` of draft-ietf-httpapi-ratelimit-headers, with the least value of each parameter.
const limits = (value, leasts) => parseList(value).every(([name, parameters]) =>
    typeof name === "string" && name !== "" &&
    JSON.stringify([...parameters.keys()]) === JSON.stringify(Object.keys(leasts)) &&
    Object.entries(leasts).every(([key, least]) => Number.isInteger(parameters.get(key)) && parameters.get(key) >= least));

/// auth-scheme [ 1*SP #auth-param ] of RFC 9110, as RFC 6750 requires it.
const challenge = (value) => /^Bearer( [a-z_]+="[ !#-[\]-~]*"(, [a-z_]+="[ !#-[\]-~]*")*)?$/.test(value);

const checks = {
    "accept": (value) => tokens(value).every(mediaType),
    "access-control-allow-credentials": isTrue,
    "access-control-allow-headers": (value) => tokens(value).length > 0,
    "access-control-allow-methods": (value) => tokens(value).every((name) => name === name.toUpperCase()),
    "access-control-allow-origin": (value) => new URL(value).origin === value,
    "access-control-expose-headers": (value) => tokens(value).length > 0,
    "access-control-max-age": (value) => integer(value, 1),
    "allow": (value) => tokens(value).every((name) => name === name.toUpperCase()),
    "cache-control": (value) => parseDictionary(value).size > 0,
    "connection": (value) => tokens(value).join() === "close",
    "content-length": (value) => integer(value, 0),
    "content-type": mediaType,
    "date": imfDate,
    "etag": (value) => /^(W\/)?"[!#-~\x80-\xff]*"$/.test(value),
    "idempotent-replayed": isTrue,
    "location": (value) => new URL(value, "http://localhost").pathname.startsWith("/v1/"),
    "preference-applied": (value) => [...parseDictionary(value)].every(([name, [wait]]) => name === "wait" && wait >= 1),
    "ratelimit": (value) => limits(value, { r: 0, t: 0 }),
    "ratelimit-policy": (value) => limits(value, { q: 1, w: 1 }),
    "retry-after": (value) => integer(value, 1),
    "sunset": imfDate,
    "transfer-encoding": (value) => value === "chunked",
    "vary": (value) => tokens(value).every((name) => ["Origin", "Prefer"].includes(name)),
    "www-authenticate": challenge,
    "x-accel-buffering": (value) => value === "no",
    "x-content-type-options": (value) => value === "nosniff",
};

const seen = new Set();

/// Checks all fields of a response, and returns it.
export function checked(what, response) {
    for (const name of new Set(response.fields.map(([each]) => each.toLowerCase()))) {
        const value = field(response, name);
        let right = false;
        try {
            right = checks[name]?.(value);
        } catch (error) {
            console.log(`${error}`);
        }
        expect(`${what}: ${name}: ${value}`, right);
        seen.add(name);
    }
    const times = (name) => response.fields.filter(([each]) => each.toLowerCase() === name).length;
    for (const name of Object.keys(checks).filter((each) => each !== "vary"))
        expect(`${what}: at most one ${name}`, times(name) <= 1);
    expect(`${what}: one date`, times("date"), 1);
    return response;
}

/// Requests one of each kind of response, and each field at least once.
export async function check_responses(server) {
    const json = ["Content-Type", "application/json"];
    const ann = ["Authorization", "Bearer ann"];
    const origin = ["Origin", "https://app.example.org"];
    const about = async (status, line, fields = [ann], body = "") => {
        const response = checked(`${line} ${status}`, await ask(server.port, line, fields, body));
        expect(`${line}: status`, response.status, status);
        return response;
    };
    const raw = async (status, bytes) =>
        expect("refused", checked(`refused ${status}`, parse(await exchange(server.port, bytes))).status, status);
    const has = (response, ...names) => names.forEach((name) => expect(`has ${name}`, field(response, name) !== ""));

    const key = ["Idempotency-Key", '"one"'];
    const accepted = await about(202, "POST /v1/notes", [ann, json, key, origin], "1");
    has(accepted, "Location", "Retry-After", "Cache-Control", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin");
    const path = field(accepted, "Location");
    has(await about(202, "POST /v1/notes", [ann, json, key], "1"), "Idempotent-Replayed");
    await about(422, "POST /v1/notes", [ann, json, key], "2");
    await about(422, "POST /v1/reports/sales", [ann, json], "{}");
    await about(400, "POST /v1/notes", [ann, json], "{");
    has(await about(415, "POST /v1/notes", [ann], "1"), "Accept");
    await about(406, "POST /v1/notes", [ann, json, ["Accept", "text/html"]], "1");
    await about(413, "POST /v1/notes", [ann, json], "1".repeat(1024 * 1024 + 1));

    const status = await about(200, `GET ${path}`);
    has(status, "ETag", "Retry-After", "Vary", "Cache-Control");
    has(await about(304, `GET ${path}`, [ann, ["If-None-Match", field(status, "ETag")]]), "ETag", "Cache-Control");
    has(await about(202, `GET ${path}/result`), "Retry-After");
    await about(409, `DELETE ${path}`);
    has(await about(405, `PUT ${path}`), "Allow");
    has(await about(204, `OPTIONS ${path}`, []), "Allow");
    has(await about(204, "OPTIONS /v1/notes", [origin, ["Access-Control-Request-Method", "POST"]]),
        "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age");
    has(await about(401, `GET ${path}`, []), "WWW-Authenticate");
    has(await about(401, `GET ${path}`, [["Authorization", "Basic x"]]), "WWW-Authenticate");
    await about(404, `GET ${path}`, [["Authorization", "Bearer bob"]]);
    await about(500, `GET ${path}`, [["Authorization", "Bearer broken"]]);
    await about(501, `BREW ${path}`);
    await about(200, `HEAD ${path}`);
    await about(200, "GET /v1/jobs?limit=1");
    await about(400, "GET /v1/jobs?limit=0");
    for (const target of ["/healthz", "/readyz", "/metrics", "/openapi.json"]) await about(200, `GET ${target}`, []);

    const id = await server.send("start");
    await server.send(`complete ${id} {"lines": 1}`);
    has(await about(200, `GET ${path}`), "Sunset", "ETag");
    has(await about(202, "POST /v1/notes", [ann, json, key, ["Prefer", "wait=9"]], "1"), "Preference-Applied");
    await about(200, `GET ${path}/result`);
    has(await about(200, `GET ${path}/events`), "X-Accel-Buffering", "Transfer-Encoding", "Cache-Control");
    const revision = field(await about(200, `GET ${path}`), "ETag").replaceAll('"', "");
    await about(204, `GET ${path}/events`, [ann, ["Last-Event-ID", revision]]);
    await about(409, `POST ${path}/cancel`);
    await about(409, `POST ${path}/retry`);
    await about(204, `DELETE ${path}`);

    const linked = field(await about(202, "POST /v1/notes", [ann, json], "1"), "Location");
    const other = await server.send("start");
    await server.send(`complete ${other} {"file_url": "https://example.org/v1/file"}`);
    has(await about(303, `GET ${linked}/result`), "Location");
    const failing = field(await about(202, "POST /v1/notes", [ann, json], "1"), "Location");
    await server.send(`fail ${await server.send("start")} no`);
    await about(409, `GET ${failing}/result`);
    await about(202, `POST ${failing}/retry`);
    await about(200, `POST ${failing}/cancel`);

    await raw(400, "GET /healthz\r\n\r\n");
    await raw(414, `GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await raw(431, request("GET /healthz", [["X", "a".repeat(17_000)]]));
    await raw(417, request("POST /healthz", [["Expect", "x"]]));
    await raw(505, "GET / HTTP/2.0\r\n\r\n");

    const carol = [["Authorization", "Bearer carol"], json];
    let last;
    do last = await ask(server.port, "POST /v1/notes", carol, "1"); while (last.status === 202);
    has(checked("over quota", last), "Retry-After", "RateLimit");
    expect("over quota", last.status, 429);
    await server.send("drain");
    has(await about(503, "POST /v1/notes", [ann, json], "1"), "Retry-After");
    await about(503, "GET /readyz", []);

    for (const name of Object.keys(checks)) expect(`${name} was seen`, seen.has(name));
}
