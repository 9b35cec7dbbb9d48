// What the scripts here share: a server to look at, and what they expected of it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/// Starts served_jobs with options. `tell` gives it a line and returns what it says to that.
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
    const tell = async (line) => {
        child.stdin.write(`${line}\n`);
        const [, verdict, answer] = /^(ok|error) (.*)$/.exec(await next());
        if (verdict !== "ok") throw new Error(`${line}: ${answer}`);
        return answer;
    };
    const stop = async () => {
        child.stdin.end();
        if (child.exitCode === null) await once(child, "exit");
    };
    return { url, port: Number(new URL(url).port), pid: child.pid, tell, stop };
}

export const as = (name, more = {}) => ({ Authorization: `Bearer ${name}`, ...more });

/// Submits a note and answers its URL's path.
export async function submit(url, name = "ann") {
    const response = await fetch(`${url}/v1/notes`, {
        method: "POST", headers: as(name, { "Content-Type": "application/json" }), body: "1",
    });
    if (response.status !== 202) throw new Error(`a submit was answered with ${response.status}`);
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

/// Ends the process; `least` is how many checks there must have been.
export function finish(least) {
    console.log(`${checks} checks, ${failures} failed`);
    process.exit(failures === 0 && checks >= least ? 0 : 1);
}

/// Waits for something that another process does.
export async function until(what, holds) {
    const patience = 60_000;
    for (const began = Date.now(); !(await holds());) {
        if (Date.now() - began > patience) throw new Error(`waited in vain until ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}
