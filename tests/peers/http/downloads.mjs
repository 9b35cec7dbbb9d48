// Usage: node downloads.mjs SERVED_JOBS SCRATCH
//
// File names round-trip through content-disposition, and parts of files are those of range-parser,
// the two packages that Express uses. The response to several ranges is the whole file.

import { writeFileSync } from "node:fs";
import contentDisposition from "content-disposition";
import parseRange from "range-parser";
import { ask, field } from "./raw.mjs";
import { expect, finish, serve } from "./served.mjs";

const [program, scratch] = process.argv.slice(2);
const content = Array.from({ length: 1000 }, (_, i) => String(i % 10)).join("");
writeFileSync(`${scratch}/file`, content);
const server = await serve(program, `file=${scratch}/file`);
const get = (name, fields = [], method = "GET") => ask(server.port, `${method} /v1/files/${encodeURIComponent(name)}`, fields);

const names = [
    "report.csv", "with space.pdf", "quote\"d.txt", "back\\slash.txt", "semi;colon, comma.txt", "percent%41.txt", "Ünïcödé.csv",
    "日本語レポート.xlsx", "تقرير المبيعات.pdf", "отчёт за март.txt", "emoji 😀👩‍👧.txt", "e\u0301.txt", "€ rates.txt", "apostrophe's.txt",
    "star*.txt", "(paren) [bracket] {brace}.txt", "tilde~caret^pipe|.txt", "a".repeat(200), "é".repeat(100), "no extension", "=?utf-8?q?x?=",
];
for (const name of names) {
    const response = await get(name);
    const { type, parameters } = contentDisposition.parse(field(response, "Content-Disposition"));
    expect(`${name}: type`, type, "attachment");
    // Path separators are never part of a file name.
    expect(`${name}: name`, parameters.filename, name.replace("\\", "_"));
    expect(`${name}: not sniffed`, field(response, "X-Content-Type-Options"), "nosniff");
    expect(`${name}: content`, response.body === content);
}

// A linear congruential generator: the same cases each time.
let state = 1;
const random = (below) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
};
const one_of = (list) => list[random(list.length)];
const number = () => one_of([0, 1, 9, 499, 998, 999, 1000, 1001, 5000, random(1000), random(1000), ""]);

function random_range() {
    const first = number();
    let last = number();
    // range-parser treats two kinds as unsatisfiable: a range that ends before it begins, which RFC 9110
    // calls malformed, and a suffix longer than the file, which selects the whole file.
    if (first === "" && last > 1000) last = 1000;
    if (first !== "" && last !== "" && last < first) last = first;
    return `${first}-${last}`;
}

const statuses = { 200: 0, 206: 0, 416: 0 };
for (let i = 0; i < 500; ++i) {
    const ranges = Array.from({ length: one_of([1, 1, 1, 1, 2]) }, random_range);
    const value = `bytes=${ranges.join(one_of([",", ", "]))}`;
    const parts = ranges.length > 1 || value === "bytes=-" ? -2 : parseRange(content.length, value);
    const response = await get("x", [["Range", value]]);
    const expected = parts === -1 ? 416 : parts === -2 ? 200 : 206;
    ++statuses[expected];
    expect(`${value}: status`, response.status, expected);
    if (expected === 416) expect(`${value}: the size`, field(response, "Content-Range"), "bytes */1000");
    if (expected === 200) expect(`${value}: the whole`, response.body === content);
    if (expected !== 206) continue;
    const [{ start, end }] = parts;
    expect(`${value}: part`, response.body, content.slice(start, end + 1));
    expect(`${value}: which`, field(response, "Content-Range"), `bytes ${start}-${end}/1000`);
}
expect("each status occurred", Math.min(...Object.values(statuses)) > 50);
for (const [fields, status] of [
    [[["If-Range", '"1"']], 206], [[["If-Range", '"2"']], 200], [[["If-Range", 'W/"1"']], 200], [[["If-None-Match", '"1"']], 304],
    [[["If-Range", "Thu, 01 Jan 1970 00:00:00 GMT"]], 200],
])
    expect(`${fields}`, (await get("x", [["Range", "bytes=0-1"], ...fields])).status, status);
for (const value of ["bytes", "bytes=", "bytes=x-1", "bytes=1-x", "bytes=+1-2", "bytes=1--2", "bytes 0-1", "lines=0-1", "bytes=0x0-1"])
    expect(`${value} is passed over`, (await get("x", [["Range", value]])).status, 200);
const head = await get("x", [["Range", "bytes=0-1"]], "HEAD");
expect("HEAD", [head.status, field(head, "Content-Length"), field(head, "Accept-Ranges"), head.body], [200, "1000", "bytes", ""]);
console.log(JSON.stringify(statuses));
finish(1000);
