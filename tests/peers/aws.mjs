// Usage: node aws.mjs PROGRAM; PROGRAM is s3_urls.
//
// All keys with all options, presigned by both. The SDK adds the name of its call, `x-id`, which S3
// ignores: the script removes it before the SDK signs.

import { spawnSync } from "node:child_process";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [program] = process.argv.slice(2);
const credentials = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const keys = [
    "plain.txt", "a/b/c.pdf", "job-20250108-abc/sales report.pdf", "تقرير/المبيعات.pdf", "日本語.csv",
    "Ünïcödé.txt", "emoji 😀.txt", "percent%41%2F", "plus+amp&eq=semi;comma,colon:at@dollar$",
    "question?hash#", "quote'double\"back`", "(paren)[bracket]{brace}<angle>", "star*bang!tilde~caret^",
    "back\\slash|pipe", "...", ".hidden", "a/...b", "-_.~", " leading", "trailing ", "x".repeat(240),
];
const places = [
    { endpoint: "https://s3.eu-central-1.amazonaws.com", region: "eu-central-1", style: "host" },
    { endpoint: "https://s3.us-east-1.amazonaws.com", region: "us-east-1", style: "path" },
    { endpoint: "https://storage.example.org:9443", region: "us-east-1", style: "host" },
    { endpoint: "https://storage.example.org:443", region: "eu", style: "path" },
    { endpoint: "http://127.0.0.1:8080", region: "us-east-1", style: "path" },
    { endpoint: "http://storage.example.org", region: "us-east-1", style: "host" },
];
const options = [
    { token: "", lasts: 3600, type: "", disposition: "" },
    { token: "FwoGZXIvYXdzEBYaD/+==", lasts: 604800, type: "text/csv; charset=utf-8", disposition: "" },
    { token: "", lasts: 1, type: "", disposition: "attachment; filename=\"a b.txt\"; filename*=UTF-8''%C3%A4" },
];
const times = [Date.UTC(2013, 4, 24), Date.UTC(2024, 1, 29, 23, 59), Date.UTC(2026, 11, 31, 12, 34)];

const cases = [];
for (const key of keys)
    for (const place of places)
        for (const option of options)
            cases.push({ key, bucket: "examplebucket", ...place, ...option, at: times[cases.length % 3] });

async function theirs(one) {
    const client = new S3Client({
        endpoint: one.endpoint, region: one.region, forcePathStyle: one.style === "path",
        credentials: { ...credentials, sessionToken: one.token || undefined },
        requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED",
    });
    client.middlewareStack.add((next) => (args) => {
        delete args.request.query["x-id"];
        return next(args);
    }, { step: "build", priority: "low" });
    return getSignedUrl(client, new GetObjectCommand({
        Bucket: one.bucket, Key: one.key, ResponseContentType: one.type || undefined,
        ResponseContentDisposition: one.disposition || undefined,
    }), { expiresIn: one.lasts, signingDate: new Date(one.at) });
}

const input = cases.map((one) => [one.endpoint, one.region, one.style, one.bucket, one.token, one.key,
    one.at / 1000, one.lasts, one.type, one.disposition].map((field) => `${field}\t`).join("") + "\n");
const run = spawnSync(program, { input: input.join(""), encoding: "utf8", maxBuffer: 1 << 28 });
if (run.status !== 0) throw new Error(`${program} failed: ${run.error ?? run.stderr}`);
const ours = run.stdout.split("\n");

let differences = 0;
for (const [i, one] of cases.entries()) {
    const expected = await theirs(one);
    if (ours[i] === expected) continue;
    if (++differences <= 10) console.log(`${JSON.stringify(one)}\n  ours ${ours[i]}\n  SDK  ${expected}`);
}
console.log(`${cases.length} URLs compared, ${differences} differences`);
process.exit(differences === 0 && ours.length === cases.length + 1 && cases.length > 300 ? 0 : 1);
