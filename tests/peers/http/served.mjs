// Shared by the scripts of this folder: a server to test, and expectations.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/// Starts served_jobs with options. `send` sends it a line and returns its reply.
export async function serve(program, ...options) {
    const child = spawn(program, options, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${program} has ended`);
        return value;
    };
    process.once("exit", () => child.kill("SIGKILL"));
    const url = await next();
    const send = async (line) => {
        child.stdin.write(`${line}\n`);
        const [, outcome, response] = /^(ok|error) (.*)$/.exec(await next());
        if (outcome !== "ok") throw new Error(`${line}: ${response}`);
        return response;
    };
    const stop = async () => {
        child.stdin.end();
        if (child.exitCode === null) await once(child, "exit");
    };
    return { url, port: Number(new URL(url).port), pid: child.pid, send, stop };
}

export const as = (name, more = {}) => ({ Authorization: `Bearer ${name}`, ...more });

/// Submits a note and returns its URL's path.
export async function submit(url, name = "ann") {
    const response = await fetch(`${url}/v1/notes`, {
        method: "POST", headers: as(name, { "Content-Type": "application/json" }), body: "1",
    });
    if (response.status !== 202) throw new Error(`status ${response.status} after a submit`);
    return response.headers.get("Location");
}

let checks = 0;
let failures = 0;

export function expect(what, actual, expected = true) {
    ++checks;
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
    ++failures;
    console.log(`${what}: expected ${JSON.stringify(expected)}, but it is ${JSON.stringify(actual)}`);
}

/// Ends the process; `least` is the minimum number of checks.
export function finish(least) {
    console.log(`${checks} checks, ${failures} failed`);
    process.exit(failures === 0 && checks >= least ? 0 : 1);
}

/// Polls until `holds()` returns true.
export async function until(what, holds) {
    const patience = 60_000;
    for (const began = Date.now(); !(await holds());) {
        if (Date.now() - began > patience) throw new Error(`timed out waiting until ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}
