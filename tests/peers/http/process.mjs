// The resources that a process holds, from Linux' /proc.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";

export function held(pid) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]);
    return { threads: number("Threads"), descriptors: readdirSync(`/proc/${pid}/fd`).length, kilobytes: number("VmRSS") };
}

/// Starts a tool. `output` is its output so far, `ended` its exit code.
export function start(command, args, options = {}) {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    process.once("exit", () => child.kill("SIGKILL"));
    const tool = { output: "", kill: () => child.kill("SIGKILL") };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { tool.output += text; });
    tool.ended = once(child, "close").then(([code]) => code);
    return tool;
}
