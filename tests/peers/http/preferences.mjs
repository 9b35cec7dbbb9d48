// The granted preferences of a client, by the grammar of RFC 7240. A submit that is repeated after its
// job has completed does not wait, but still reports the granted wait.

import { expect } from "./served.mjs";
import { ask, field } from "./raw.mjs";

const preferences = [
    ["wait=10", 10], ["WAIT=10", 10], ["wait = 10", 10], ["wait\t=\t10", 10], ['wait="10"', 10], ["wait=010", 10],
    ["respond-async, wait=10", 10], ["wait=10, respond-async", 10], ["respond-async,wait=10", 10], [", ,wait=10,", 10],
    ["return=minimal; foo=\"some, parameter; here\", wait=10", 10], ['foo="a\\", b", wait=10', 10], ["wait=10;foo=bar", 10],
    ["wait=10 ; foo", 10], ["wait=10, wait=20", 10], [["wait=10", "wait=20"], 10], [["respond-async", "wait=10"], 10],
    ["handling=lenient, wait=100, respond-async", 60], ["wait=60", 60], ["wait=61", 60], ["wait=4294967297", 60],
    ["wait=99999999999999999999", 60],
    ["wait", null], ["wait=", null], ['wait=""', null], ["wait=0", null], ["wait=-1", null], ["wait=+1", null], ["wait=1.5", null],
    ["wait=1e1", null], ["wait=0x1", null], ["wait=ten", null], ["wait=10 20", null], ["wait=10s", null], ["waits=10", null],
    ["await=10", null], ['foo="wait=10"', null], ['foo="a, wait=10"', null], ["foo; wait=10", null], ["wait=x, wait=10", null],
    ["respond-async", null], ["", null],
];

export async function check_preferences(server) {
    const fields = [["Authorization", "Bearer dan"], ["Content-Type", "application/json"], ["Idempotency-Key", "x"]];
    await ask(server.port, "POST /v1/notes", fields, "1");
    await server.send(`complete ${await server.send("start")} 1`);
    for (const [value, granted] of preferences) {
        const prefer = [value].flat().map((each) => ["Prefer", each]);
        const response = await ask(server.port, "POST /v1/notes", [...fields, ...prefer], "1");
        expect(`Prefer: ${value}: status`, response.status, 202);
        expect(`Prefer: ${value}`, field(response, "Preference-Applied"), granted === null ? "" : `wait=${granted}`);
    }
}
