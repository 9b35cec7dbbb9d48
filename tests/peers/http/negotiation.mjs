// Usage: node negotiation.mjs SERVED_JOBS
//
// Whether an Accept excludes JSON, by negotiator, and whether an If-None-Match has the current state, by
// fresh, the packages that Express uses. Media types have no parameters here; negotiator requires them
// to match, and the API accepts any.

import fresh from "fresh";
import Negotiator from "negotiator";
import { ask, field } from "./raw.mjs";
import { expect, finish, serve, submit } from "./served.mjs";

const [program] = process.argv.slice(2);
const server = await serve(program);
const path = await submit(server.url);
const ann = ["Authorization", "Bearer ann"];

// A linear congruential generator: the same cases each time.
let state = 1;
const random = (below) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
};
const one_of = (list) => list[random(list.length)];
const list_of = (item) => Array.from({ length: 1 + random(4) }, item).join(one_of([",", ", ", " , ", ",,"]));

const ranges = ["*/*", "application/*", "application/json", "Application/JSON", "application/xml", "application/json-seq", "text/*",
    "text/html", "text/json", "application/problem+json", "image/*"];
const weights = ["", "", "", ";q=0", ";q=0.0", ";q=0.000", ";q=1", ";q=1.000", ";q=0.5", "; q=0.001", " ; q=0", ";Q=0", "; Q=0.9"];
const statuses = { 200: 0, 304: 0, 406: 0 };
for (let i = 0; i < 600; ++i) {
    const accept = list_of(() => one_of(ranges) + one_of(weights));
    const welcome = new Negotiator({ headers: { accept } }).mediaTypes(["application/json"]).length > 0;
    const { status } = await ask(server.port, `GET ${path}`, [ann, ["Accept", accept]]);
    expect(`Accept: ${accept}`, status, welcome ? 200 : 406);
    ++statuses[status];
}

const etag = field(await ask(server.port, `GET ${path}`, [ann]), "ETag");
const tags = [etag, etag, `W/${etag}`, `w/${etag}`, `W/W/${etag}`, etag.slice(1), etag.slice(0, -1), etag.replaceAll('"', ""), `${etag}x`,
    etag.replace('"', '"0'), '""', 'W/""', '"x"', 'W/"x"', "*", "x", '"*"'];
for (let i = 0; i < 400; ++i) {
    const known = list_of(() => one_of(tags));
    const { status } = await ask(server.port, `GET ${path}`, [ann, ["If-None-Match", known]]);
    expect(`If-None-Match: ${known}, at ${etag}`, status, fresh({ "if-none-match": known }, { etag }) ? 304 : 200);
    ++statuses[status];
}
console.log(JSON.stringify(statuses));
expect("each status occurred", Math.min(...Object.values(statuses)) > 100);
finish(1001);
