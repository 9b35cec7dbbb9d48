// Calls every operation of the report server. Usage: walk.js DESCRIPTION BASE TOKEN RECEIVER

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import { Described } from "./described.js";
import type { components, paths } from "./served.js";

const [description, base, token, receiver] = process.argv.slice(2) as [string, string, string, string];
const described = new Described(description);
const client = createClient<paths>({ baseUrl: base, fetch: described.fetch, headers: { Authorization: `Bearer ${token}` } });
const january = { from: "2011-01-01", to: "2011-01-31", format: "csv" } as const;
const year = { ...january, to: "2011-12-31" } as const;
const never = { ...january, from: "1990-01-01", to: "1990-01-31" } as const;

type Linked = components["schemas"]["AcceptedJob"] | components["schemas"]["LinkedJob"];

function expect<Data>(status: number, response: { data?: Data; response: Response }): NonNullable<Data> {
    assert.equal(response.response.status, status);
    return response.data as NonNullable<Data>;
}
const path = (id: string) => ({ path: { id } });

async function submit(body: components["schemas"]["SalesReportInput"], prefer?: string): Promise<Linked> {
    const header = prefer ? { Prefer: prefer } : {};
    return expect(202, await client.POST("/v1/reports/sales", { body, params: { header } }));
}
async function wait(id: string) {
    for (let etag: string | undefined; ;) {
        const header = etag ? { "If-None-Match": etag, Prefer: "wait=10" } : {};
        const { data, response } = await client.GET("/v1/jobs/{id}", { params: { ...path(id), header } });
        if (data && data.status !== "pending" && data.status !== "processing") return data;
        etag = response.headers.get("etag") ?? etag;
    }
}

async function operators() {
    expect(200, await client.GET("/healthz"));
    expect(200, await client.GET("/readyz"));
    expect(200, await client.GET("/metrics", { parseAs: "text" }));
    const { response } = await client.GET("/openapi.json");
    expect(304, await client.GET("/openapi.json", { params: { header: { "If-None-Match": response.headers.get("etag")! } } }));
}

async function endpoints() {
    const named = { params: { path: { name: "crm" } } };
    const made = expect(201, await client.PUT("/v1/webhooks/{name}", { ...named, body: { url: receiver } }));
    assert.ok("secret" in made && made.secret?.startsWith("whsec_"));
    expect(200, await client.PUT("/v1/webhooks/{name}", { ...named, body: { url: receiver, enabled: false } }));
    expect(200, await client.PUT("/v1/webhooks/{name}", { ...named, body: { url: receiver, enabled: true } }));
    expect(200, await client.GET("/v1/webhooks/{name}", named));
    expect(200, await client.POST("/v1/webhooks/{name}/rotate-secret", named));
    assert.equal(expect(200, await client.GET("/v1/webhooks")).endpoints[0]?.name, "crm");
    const other = { params: { path: { name: "other" } } };
    expect(404, await client.GET("/v1/webhooks/{name}", other));
    expect(404, await client.DELETE("/v1/webhooks/{name}", other));
    const refused = await client.PUT("/v1/webhooks/{name}", { ...other, body: { url: "ftp://example.org" } });
    expect(422, refused);
}

async function completed(): Promise<string> {
    const accepted = await submit(january);
    assert.ok(accepted.status === "pending" && accepted.estimated_completion);
    const job = await wait(accepted.job_id);
    assert.ok(job.status === "completed" && job.expires_at);
    assert.ok(job.result && "file_url" in job.result);
    const again = await submit(january, "wait=60");
    assert.equal(again.status, "completed");
    assert.ok(again.status_url.endsWith(again.job_id));

    const id = job.job_id;
    const { response } = await client.GET("/v1/jobs/{id}", { params: path(id) });
    const known = { "If-None-Match": response.headers.get("etag")! };
    expect(304, await client.GET("/v1/jobs/{id}", { params: { ...path(id), header: known } }));
    const redirect = await client.GET("/v1/jobs/{id}/result", { params: path(id) });
    expect(303, redirect);
    assert.equal(redirect.response.headers.get("location"), job.result.file_url);

    const url = new URL(job.result.file_url, base);
    const query = { expires: url.searchParams.get("expires")!, signature: url.searchParams.get("signature")! };
    const key = url.pathname.split("/").pop()!;
    const file = await client.GET("/v1/files/{key}", { params: { path: { key }, query }, parseAs: "text" });
    assert.equal(expect(200, file).length, job.result.size_bytes);
    expect(403, await client.GET("/v1/files/{key}", { params: { path: { key }, query: { ...query, signature: "x" } } }));

    expect(200, await client.GET("/v1/jobs/{id}/events", { params: path(id), parseAs: "text" }));
    const last = response.headers.get("etag")!.replace(/"|-.*/g, "");
    expect(204, await client.GET("/v1/jobs/{id}/events", { params: { ...path(id), header: { "Last-Event-ID": last } } }));
    expect(409, await client.POST("/v1/jobs/{id}/cancel", { params: path(id) }));
    expect(409, await client.POST("/v1/jobs/{id}/retry", { params: path(id) }));
    return id;
}

async function deliveries() {
    const query = { callback_url: `${receiver}callback` };
    const job = expect(202, await client.POST("/v1/reports/sales", { body: january, params: { query, header: { Prefer: "wait=60" } } }));
    assert.equal(job.status, "completed");
    const type = "asyncjobs.webhook";
    const jobs = expect(200, await client.GET("/v1/jobs", { params: { query: { type } } })).jobs;
    assert.ok(jobs.length >= 2);
    for (const { job_id } of jobs) {
        const delivery = await wait(job_id);
        assert.ok(delivery.status === "completed" && delivery.result && "event" in delivery.result);
        assert.equal(delivery.result.http_status, 204);
        expect(200, await client.GET("/v1/jobs/{id}/result", { params: path(job_id) }));
    }
    const foreign = { callback_url: "https://example.org/" };
    const refused = await client.POST("/v1/reports/sales", { body: january, params: { query: foreign } });
    expect(422, refused);
}

async function failed() {
    const { job_id } = await submit(never);
    assert.equal((await wait(job_id)).status, "failed");
    expect(409, await client.GET("/v1/jobs/{id}/result", { params: path(job_id) }));
    const params = { ...path(job_id), query: { callback_url: `${receiver}again` } };
    assert.ok(expect(202, await client.POST("/v1/jobs/{id}/retry", { params })).status_url);
    const job = await wait(job_id);
    assert.ok(job.status === "failed" && job.error.code === "E7005");
    const foreign = { ...path(job_id), query: { callback_url: "https://example.org/" } };
    expect(422, await client.POST("/v1/jobs/{id}/retry", { params: foreign }));
}

async function cancelled() {
    const running = await submit(year), waiting = await submit(year);
    const { job_id } = waiting;
    const result = await client.GET("/v1/jobs/{id}/result", { params: path(job_id) });
    assert.ok((expect(202, result) as components["schemas"]["LinkedJob"]).status_url);
    expect(409, await client.DELETE("/v1/jobs/{id}", { params: path(job_id) }));
    expect(200, await client.POST("/v1/jobs/{id}/cancel", { params: path(job_id) }));
    const stopped = await client.POST("/v1/jobs/{id}/cancel", { params: path(running.job_id) });
    assert.ok([200, 202].includes(stopped.response.status));
    await wait(running.job_id);
    assert.ok((await wait(job_id)).status === "cancelled");
}

async function listed() {
    const page = expect(200, await client.GET("/v1/jobs", { params: { query: { limit: 2 } } }));
    assert.equal(page.jobs.length, 2);
    assert.ok(page.next_cursor);
    expect(200, await client.GET("/v1/jobs", { params: { query: { limit: 2, cursor: page.next_cursor } } }));
    for (const status of ["pending", "processing", "completed", "failed", "cancelled"] as const)
        expect(200, await client.GET("/v1/jobs", { params: { query: { status } } }));
}

async function refused(id: string) {
    const key = { params: { header: { "Idempotency-Key": "k" } } };
    expect(202, await client.POST("/v1/reports/sales", { ...key, body: january }));
    const reused = await client.POST("/v1/reports/sales", { ...key, body: year });
    expect(422, reused);
    assert.ok(reused.error && "errors" in reused.error && reused.error.errors.length === 1);
    const invalid = await client.POST("/v1/reports/sales", { body: { ...january, to: "2010-01-01" } });
    expect(422, invalid);
    // @ts-expect-error: the language is that of Accept-Language
    const foreign: components["schemas"]["SalesReportInput"] = { ...january, language: "ar" };
    expect(422, await client.POST("/v1/reports/sales", { body: foreign }));
    expect(415, await client.POST("/v1/reports/sales", { body: january, headers: { "Content-Type": "text/plain" } }));
    expect(406, await client.GET("/v1/jobs", { headers: { Accept: "text/html" } }));
    expect(400, await client.GET("/v1/jobs", { params: { query: { limit: 0 } } }));
    expect(401, await client.GET("/v1/jobs", { headers: { Authorization: "Bearer wrong" } }));
    expect(413, await client.POST("/v1/reports/sales", { body: { ...january, from: "x".repeat(2 << 20) } }));
    expect(204, await client.DELETE("/v1/jobs/{id}", { params: path(id) }));
    expect(404, await client.GET("/v1/jobs/{id}", { params: path(id) }));
    expect(204, await client.DELETE("/v1/webhooks/{name}", { params: { path: { name: "crm" } } }));
}

await operators();
await endpoints();
const id = await completed();
await deliveries();
await failed();
await cancelled();
await listed();
await refused(id);
assert.deepEqual(described.operations().filter((operation) => !described.called.has(operation)), []);
