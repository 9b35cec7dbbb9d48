// Usage: node llhttp.mjs SERVED_JOBS [CASES [SEED]]
//
// Sends valid messages with some bytes changed to the server and to Node's, whose parser is
// llhttp. Node must find each request that the server accepts: as many on a connection,
// with the same bodies. The server may refuse more.

import { createServer } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, finish, serve } from "./served.mjs";

const [program, count = "6000", seed = "1"] = process.argv.slice(2);
const ours = await serve(program);

/// The complete requests that Node has found, by the connection's port.
const found = new Map();
const node = createServer((request, response) => {
    const one = { request, body: "" };
    found.get(request.socket.remotePort).push(one);
    request.setEncoding("latin1").on("data", (piece) => { one.body += piece; });
    request.on("end", () => response.end());
    request.on("error", () => {});
});
node.on("connection", (socket) => found.set(socket.remotePort, []));
node.on("clientError", (_, socket) => setTimeout(() => socket.destroy(), 20)); // earlier requests are still read
node.listen(0, "127.0.0.1");
await once(node, "listening");

// A linear congruential generator: the same cases for the same seed.
let state = Number(seed) >>> 0;
const random = (below) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
};
const one_of = (list) => list[random(list.length)];

const head = "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n";
const tail = `${head}Content-Length: 4\r\nConnection: close\r\n\r\ntail`;
const bases = [
    `${head}Content-Length: 5\r\n\r\nfirst`,
    `${head}Content-Length: ${tail.length}\r\n\r\n${tail}`,
    `${head}Content-Length: 0\r\nX: y\r\n\r\n`,
    `${head}X: y\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b;c="d"\r\n0\r\n\r\n0\r\nX: y\r\nZ: 1\r\n\r\n`,
    `${head}transfer-encoding:chunked\r\nConnection: keep-alive\r\n\r\n00c;a;b="cdefghijklmn"\r\n0\r\n\r\nPOST / \r\n000\r\n\r\n`,
    `POST /v1/echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nfirst`,
    `POST http://localhost/v1/echo?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n1`,
];
const parts = [
    "\r\n", "\n", "\r", "\r\r\n", "\n\r", " ", "\t", "\x0b", "\x0c", "\0", "\x7f", "\xa0", "\xe9", ",", ";", ":", "=", "\"", "\\", "+", "-", "_",
    "0", "1", "5", "a", "f", "g", "0x", "0000000000000000", "ffffffffffffffff", "chunked", "identity", ", chunked", "chunked, ", ";a=b",
    ";a=\"", ";\n", "\r\n ", "\r\n\t", "0\r\n\r\n", "5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n", "Content-Length: 5\r\n",
    "Content-Length: 0\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "Host: localhost\r\n", "Expect: 100-continue\r\n",
    "X: y\r\n", ": y\r\n", "X\r\n", "HTTP/1.0", "HTTP/1.1", "/", "http://localhost", "*", tail,
];

const ends = ["\n", "\r", "\0", "\x0b", " ", "\t"];

/// Does not change the method, since llhttp accepts only known ones.
function changed(message) {
    for (let changes = one_of([1, 1, 1, 2, 3]); changes > 0; --changes) {
        const at = 5 + random(message.length - 4);
        const length = one_of([0, 0, 1, 1, 2, 8, 40]);
        message = message.slice(0, at) + one_of(one_of([parts, ends, [""]])) + message.slice(at + length);
    }
    return message;
}

/// Returns all bytes that the server sends after the client has closed its side, and the client's port.
const exchange = (port, bytes) => new Promise((resolve) => {
    const pieces = [];
    let from;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => {
        from = socket.localPort;
        socket.end(Buffer.from(bytes, "latin1"));
    });
    socket.on("data", (piece) => pieces.push(piece));
    socket.on("error", () => {});
    socket.on("close", () => resolve({ from, text: Buffer.concat(pieces).toString("latin1") }));
});

function* responses(text) {
    while (text) {
        const end = text.indexOf("\r\n\r\n") + 4;
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)[1]);
        const length = Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, end))?.[1] ?? 0);
        if (status >= 200) yield { status, body: text.slice(end, end + length) };
        text = text.slice(end + length);
    }
}

const refusals = ["bad_request", "body_too_large"];
// Where llhttp closes a connection and RFC 9112 does not: a tab after a value, white space in
// a chunk's extension, folded trailers, or fields in trailers that only a head may have.
const stricter = [
    /^(content-length|transfer-encoding|connection):.*\t/im, /^[0-9a-f]+([ \t]+;|;.*[ \t])/im, /\r\n[ \t]/, /\r\n0[^]*\r\nconnection: close/i,
];
const counts = { cases: 0, refused: 0, taken: 0, stricter: 0, differences: 0 };

async function compare(message) {
    const [{ text }, { from }] = await Promise.all([exchange(ours.port, message), exchange(node.address().port, message)]);
    const all = [...responses(text)];
    const taken = all.filter(({ status, body }) => !(status >= 400 && refusals.includes(JSON.parse(body).code)));
    const theirs = found.get(from).filter(({ request }) => request.complete);
    found.delete(from);
    ++counts.cases;
    if (taken.length < all.length) ++counts.refused;
    counts.taken += taken.length;
    // llhttp refuses unknown methods; requests after those are not compared.
    const unknown = taken.findIndex(({ status }) => status === 501);
    const same = taken.slice(0, unknown < 0 ? undefined : unknown).every(({ status, body }, i) =>
        theirs[i] && (status !== 200 || body === `[${theirs[i].body}]`));
    const refused_last = all.every((response, i) => taken.includes(response) || i === all.length - 1);
    if (same && refused_last) return;
    const ended = theirs.length < taken.length && theirs.every(({ body }, i) => `[${body}]` === taken[i].body);
    if (ended && stricter.some((each) => each.test(message.slice(0, -tail.length)))) return void ++counts.stricter;
    ++counts.differences;
    if (counts.differences <= 10)
        console.log(`${JSON.stringify(message)}: ${JSON.stringify(all)}, but ${JSON.stringify(theirs.map(({ body }) => body))}`);
}

const cases = Array.from({ length: Number(count) }, () => changed(one_of(bases)) + tail);
for (const base of bases) cases.push(base + tail);
const next = cases.values();
await Promise.all(Array.from({ length: 32 }, async () => { for (const one of next) await compare(one); }));

console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
expect("differences", counts.differences, 0);
expect("all were compared", counts.cases, cases.length);
expect("few are beyond comparison", counts.stricter < cases.length / 200);
expect("some were refused, and some taken", Math.min(counts.refused, counts.taken) > cases.length / 10);
finish(4);
