// Requests byte by byte, which no client would send, and responses byte by byte, which a client hides.

import { connect } from "node:net";

/// Sends some bytes and returns all bytes that the server sends until it closes.
export function exchange(port, bytes) {
    return new Promise((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.from(bytes, "latin1")));
        const pieces = [];
        socket.on("data", (piece) => pieces.push(piece));
        socket.on("end", () => resolve(Buffer.concat(pieces).toString("latin1")));
        socket.on("error", reject);
    });
}

/// `fields` are pairs, so that a name can occur twice.
export const request = (line, fields = [], body = "") => {
    const lines = [["Host", "localhost"], ["Connection", "close"], ...fields];
    if (body) lines.push(["Content-Length", Buffer.byteLength(body)]);
    return `${line} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
};

/// Returns status, fields as pairs, and body; throws unless the framing follows RFC 9112.
export function parse(response) {
    const end = response.indexOf("\r\n\r\n");
    const [line, ...lines] = response.slice(0, end).split("\r\n");
    const status = /^HTTP\/1\.1 ([1-5]\d\d) [ -~]+$/.exec(line);
    const fields = lines.map((field) => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)$/.exec(field));
    if (end < 0 || !status || fields.includes(null)) throw new Error(`malformed: ${JSON.stringify(response)}`);
    return { status: Number(status[1]), fields: fields.map(([, name, value]) => [name, value]), body: response.slice(end + 4) };
}

/// The values of all fields of that name, as one list.
export const field = (response, name) => response.fields.filter(([each]) => each.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value).join(", ");

export async function ask(port, line, fields, body) {
    return parse(await exchange(port, request(line, fields, body)));
}
