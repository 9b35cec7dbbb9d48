// Compiled only: what a client of an API with one of everything must write, and what it may omit.

import createClient from "openapi-fetch";
import type { components, paths } from "./full.js";

const client = createClient<paths>({ baseUrl: "https://api.example.org" });

export async function omitsWhatHasADefault() {
    await client.POST("/v1/backups", { body: { root: { folders: [{ name: "a" }] } } });
    await client.POST("/v1/notes", { body: "text" });
    await client.POST("/v1/jobs", { body: { type: "backup.make", input: {} } });
    await client.POST("/v1/jobs", { body: { type: "note", input: { text: "b" } } });
    await client.GET("/v1/jobs");
}

export async function canNotSend() {
    // @ts-expect-error: root is required
    await client.POST("/v1/backups", { body: {} });
    // @ts-expect-error: the host sets it
    const backup: components["schemas"]["BackupMakeInput"] = { root: {}, requested_by: "me" };
    await client.POST("/v1/backups", { body: backup });
    // @ts-expect-error: no such type
    await client.POST("/v1/jobs", { body: { type: "other", input: {} } });
}

export async function readsAResultOfAnotherType(id: string): Promise<number | undefined> {
    const { data } = await client.GET("/v1/jobs/{id}", { params: { path: { id } } });
    return data?.status === "completed" && typeof data.result === "number" ? data.result : undefined;
}
