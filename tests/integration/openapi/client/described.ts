// A fetch() that throws for a response that differs from the description, and records the calls.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";

type Json = any;
const methods = ["get", "put", "post", "delete", "patch"];

export class Described {
    readonly document: Json;
    readonly called = new Set<string>();
    readonly #ajv: Ajv2020;

    constructor(file: string) {
        this.document = JSON.parse(readFileSync(file, "utf8"));
        const formats = Object.fromEntries(["uint8", "uint16", "uint32", "uint64"].map((name) => [name, true as const]));
        this.#ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true, formats });
        (ajvFormats as Json)(this.#ajv);
        this.#ajv.addSchema(this.document, "api");
    }

    /** `get /v1/jobs/{id}` and so on. */
    operations(): string[] {
        return Object.entries<Json>(this.document.paths).flatMap(([path, item]) =>
            methods.filter((method) => method in item).map((method) => `${method} ${path}`));
    }

    readonly fetch = async (request: Request): Promise<Response> => {
        const response = await fetch(request, { redirect: "manual" });
        const path = this.#template(new URL(request.url).pathname);
        const operation = `${request.method.toLowerCase()} ${path}`;
        this.called.add(operation).add(`${operation} ${response.status}`);
        await this.#check(operation, response.clone());
        return response;
    };

    #template(path: string): string {
        const matches = (template: string) =>
            new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{[^}]*\}/g, "[^/]+")}$`).test(path);
        const found = Object.keys(this.document.paths).filter(matches)
            .sort((a, b) => a.split("{").length - b.split("{").length)[0];
        if (!found) throw new Error(`${path} is not described`);
        return found;
    }

    #resolved(pointer: string): [string, Json] {
        const steps = pointer.split("/").slice(1).map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
        const value = steps.reduce((inner, step) => inner?.[step], this.document);
        return value?.$ref ? this.#resolved(value.$ref.slice(1)) : [pointer, value];
    }

    async #check(operation: string, response: Response): Promise<void> {
        const [method, path] = operation.split(" ") as [string, string];
        const all = `/paths/${path.replace(/\//g, "~1")}/${method}/responses`;
        const status = String(response.status);
        const kinds = [status, `${status[0]}XX`, "default"];
        const kind = kinds.find((one) => one in this.#resolved(all)[1]);
        const wrong = (what: string) => new Error(`${operation}: ${status}: ${what}`);
        if (!kind) throw wrong("is not described");
        const [pointer, described] = this.#resolved(`${all}/${kind}`);
        const body = await response.text();
        const type = response.headers.get("content-type")?.split(";")[0];
        if (!described.content) {
            if (body) throw wrong(`has a body: ${body}`);
            return;
        }
        if (!type || !(type in described.content)) throw wrong(`is ${type}`);
        if (!type.endsWith("json")) return;
        const schema = `api#${pointer}/content/${type.replace("/", "~1")}/schema`;
        if (!this.#ajv.validate({ $ref: encodeURI(schema) }, JSON.parse(body)))
            throw wrong(`${this.#ajv.errorsText()}: ${body}`);
    }
}
