// Usage: node structured_fields.mjs SERVED_JOBS

import { check_responses } from "./response_fields.mjs";
import { check_keys } from "./idempotency_keys.mjs";
import { check_preferences } from "./preferences.mjs";
import { finish, serve } from "./served.mjs";

const [program] = process.argv.slice(2);
await check_preferences(await serve(program));
await check_keys(await serve(program));
await check_responses(await serve(program, "cors_origin=https://app.example.org", "cors_credentials=yes", "submits_per_owner=20"));
finish(1500);
