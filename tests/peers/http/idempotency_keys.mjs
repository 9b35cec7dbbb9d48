// The API and structured-headers agree on quoted keys: a String of 1 to 255
// visible characters without parameters is a key, and any other quoted text is none. A key without
// quotes, as many clients send it, is the same key.

import { parseItem, serializeString } from "structured-headers";
import { expect } from "./served.mjs";
import { ask, field } from "./raw.mjs";

// A linear congruential generator: the same cases each time.
let state = 1;
const random = (below) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
};
const visible = '!"#$%&\'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~';
const letter = () => visible[random(visible.length)];
const text = (length) => Array.from({ length }, letter).join("");

/// The key that structured-headers reads from a quoted value.
function meant(value) {
    try {
        const [key, parameters] = parseItem(value);
        return typeof key === "string" && parameters.size === 0 && /^[!-~]{1,255}$/.test(key) ? key : null;
    } catch {
        return null;
    }
}

const changes = [
    (value) => value.slice(0, -1),
    (value) => `${value}x`,
    (value) => `${value};a=1`,
    (value) => `${value};a`,
    (value) => `${value}, ${value}`,
    (value) => `${value}${value}`,
    (value) => `${value}"`,
    (value) => `"${value}`,
    (value, at) => `${value.slice(0, at)}"${value.slice(at)}`,
    (value, at) => `${value.slice(0, at)}\\${value.slice(at)}`,
    (value, at) => `${value.slice(0, at)} ${value.slice(at)}`,
    (value, at) => `${value.slice(0, at)}\t${value.slice(at)}`,
    (value, at) => `${value.slice(0, at)}\xe9${value.slice(at)}`,
    (value, at) => value.slice(0, at) + value.slice(at + 1),
];

function quoted_values() {
    const values = ['""', '"', '"\\', '"\\"', '"\\\\', '"a\\b"', '" "', '"a b"', '"\\""', '"\\\\"', '"a";', '"a" ;b', '"a" b'];
    for (const length of [1, 2, 254, 255, 256, 300]) values.push(serializeString(text(length)));
    for (let i = 0; i < 150; ++i) {
        const value = serializeString(text(1 + random(20)));
        values.push(value, changes[i % changes.length](value, 1 + random(value.length - 1)));
    }
    return values.filter((value) => value.startsWith('"'));
}

export async function check_keys(server) {
    const jobs = new Map();
    const submit = async (value) => ask(server.port, "POST /v1/notes", [["Authorization", "Bearer keys"],
        ["Content-Type", "application/json"], ...[value].flat().map((each) => ["Idempotency-Key", each])], "1");
    const same_job = async (key, value) => {
        const response = await submit(value);
        expect(`${value}: status`, response.status, 202);
        const job = field(response, "Location");
        expect(`${value}: replayed`, field(response, "Idempotent-Replayed"), jobs.has(key) ? "true" : "");
        expect(`${value}: the key's job`, job, jobs.get(key) ?? job);
        jobs.set(key, job);
    };
    const refused = async (value) => {
        const response = await submit(value);
        expect(`${value}: status`, response.status, 400);
        expect(`${value}: code`, JSON.parse(response.body).code, "invalid_idempotency_key");
    };

    let keys = 0, none = 0;
    for (const value of quoted_values()) {
        const key = meant(value);
        if (key === null) ++none; else ++keys;
        if (key === null) await refused(value); else await same_job(key, value);
    }
    expect("there were keys and others", keys > 100 && none > 80);
    for (const key of [...jobs.keys()])
        if (!key.startsWith('"')) await same_job(key, key);
    for (const key of ["?1", "12", "1.5", ":YQ==:", "@1659578233", "a;b=1", "(a)", "a,b", "*", "\\", "a\"b", "8e03978e-40d5-43dd-bc93-6894a57f9324"])
        await same_job(key, key);
    for (const value of ["a b", "a\tb", "\xe9", "a".repeat(256), ["a", "b"], ["a", "a"], ['"a"', '"a"'], ['"a', 'b"']])
        await refused(value);
    const different = new Set(jobs.values());
    expect("each key has its own job", different.size, jobs.size);
}
