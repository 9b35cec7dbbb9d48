// Usage: node croner.mjs PROGRAM [CASES [SEED]]; PROGRAM is cron_slots.
//
// Each case is an expression, a zone and a time, and computes the next slot. Both libraries agree on
// the meaning of an expression and mostly on changes of the clock. They differ in
// which expressions follow the clock, skipping times that do not exist and repeating times that exist
// twice, and which fire once for every slot:
//
//   croner   expressions with a * or a step in the second, minute or hour follow the clock
//            (fixedTimeRule "no-wildcard", the closer one of its two rules)
//   Cron     expressions that allow every hour do
//
// So an expression that the two classify differently is not compared where that matters: where the
// time of the case or either result lies within the gap or the repeated time of a change of the clock.
// No expression is compared where clocks jump over midnight (Pyongyang 2018, Apia 2011): croner drops
// slots of the next day then, and Cron does not. Results after `last_known` are not compared either,
// because laws change and the two have separate time zone data.

import { spawnSync } from "node:child_process";
import { Cron } from "croner";

const [program, count = "105000", seed = "1"] = process.argv.slice(2);
const first_time = Date.UTC(2000, 0, 1) / 1000;
const last_time = Date.UTC(2016, 0, 1) / 1000;
const last_known = Date.UTC(2025, 0, 1) / 1000;
const day = 86400;

const zones = [
    "UTC", "Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Windhoek",
    "America/Bogota", "America/Caracas", "America/Havana", "America/Los_Angeles", "America/New_York",
    "America/Santiago", "America/Sao_Paulo", "America/Scoresbysund", "America/St_Johns",
    "Antarctica/Troll", "Asia/Amman", "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Atlantic/Azores", "Australia/Adelaide",
    "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin", "Europe/Dublin", "Europe/Istanbul",
    "Europe/London", "Europe/Moscow", "Europe/Volgograd", "Pacific/Apia", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Fiji", "Pacific/Kiritimati", "Pacific/Tongatapu",
];

// croner makes a formatter for each call, which takes most of its time.
const Format = Intl.DateTimeFormat;
const formats = new Map();
Intl.DateTimeFormat = function (locale, options) {
    const key = locale + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Format(locale, options));
    return formats.get(key);
};

// A linear congruential generator: the same cases for the same seed.
let state = Number(seed) >>> 0;
function random(below) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
}
const between = (low, high) => low + random(high - low + 1);
const chance = (percent) => random(100) < percent;
const one_of = (list) => list[random(list.length)];

const fields = {
    second: { low: 0, high: 59 },
    minute: { low: 0, high: 59 },
    hour: { low: 0, high: 23 },
    day: { low: 1, high: 31 },
    month: { low: 1, high: 12, names: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
    weekday: { low: 0, high: 7, names: "SUN MON TUE WED THU FRI SAT".split(" ") },
};

function value_text(field, value) {
    const name = field.names?.[value - (field === fields.month ? 1 : 0)];
    if (!name || chance(50)) return String(value);
    return one_of([name, name.toLowerCase(), name[0] + name.slice(1).toLowerCase()]);
}

function random_item(field) {
    const first = between(field.low, field.high);
    const last = between(first, field.high);
    // In croner SUN is 7 where it ends a range, so that SUN-SUN is the whole week; in Cron it is not.
    const end = field === fields.weekday && last === 0 ? "0" : value_text(field, last);
    const range = value_text(field, first) + "-" + end;
    const step = between(1, field === fields.weekday ? 6 : field.high);
    switch (random(field === fields.day ? 7 : 6)) {
    case 0: return range;
    case 1: return range + "/" + between(1, 6);
    case 2: return "*/" + step;
    case 6: return "L";
    default: return value_text(field, first);
    }
}

function random_field(field, star_percent) {
    if (chance(star_percent)) return chance(90) ? "*" : "?";
    const items = [random_item(field)];
    while (chance(25)) items.push(random_item(field));
    return items.join(",");
}

function random_expression() {
    if (chance(2))
        return one_of(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);
    const texts = [random_field(fields.minute, 15), random_field(fields.hour, 25),
        random_field(fields.day, 60), random_field(fields.month, 75),
        random_field(fields.weekday, 60)];
    if (chance(25)) texts.unshift(random_field(fields.second, 15));
    return texts.join(" ");
}

function offset_at(zone, time) {
    const parts = {};
    const format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric",
    });
    for (const { type, value } of format.formatToParts(time * 1000)) parts[type] = Number(value);
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second)
        / 1000 - time;
}

// The changes of a zone's clock, in seconds.
function changes_of(zone) {
    const changes = [];
    const step = day;
    let before = offset_at(zone, first_time);
    for (let time = first_time + step; time <= last_known; time += step) {
        const after = offset_at(zone, time);
        if (after === before) continue;
        let low = time - step, high = time;
        while (high - low > 1) {
            const middle = Math.floor((low + high) / 2);
            if (offset_at(zone, middle) === before) low = middle;
            else high = middle;
        }
        const date = (offset) => Math.floor((high + offset) / day);
        changes.push({ time: high, by: after - before, skips_midnight: date(before) < date(after) });
        before = after;
    }
    return changes;
}
const changes = new Map(zones.map((zone) => [zone, changes_of(zone)]));

const change_around = (zone, time) => changes.get(zone).find((change) =>
    Math.abs(time - change.time) <= Math.abs(change.by));

function random_case() {
    const zone = one_of(zones);
    const near = changes.get(zone);
    const time = near.length > 0 && chance(60)
        ? one_of(near).time + between(-2 * day, day)
        : between(first_time, last_time);
    return { expression: random_expression(), zone, time };
}

// Whether the expression follows the clock, by the rule of each library.
function kinds_of(expression) {
    const macro = expression.startsWith("@");
    const texts = expression.split(" ");
    if (texts.length === 5) texts.unshift("0");
    const hours = new Set();
    for (const item of macro ? [] : texts[2].split(",")) {
        const [range, step = "1"] = item.split("/");
        const [first, last = first] = range === "*" || range === "?" ? [0, 23] : range.split("-");
        for (let hour = Number(first); hour <= Number(last); hour += Number(step)) hours.add(hour);
    }
    return {
        croner: macro ? expression === "@hourly" : texts.slice(0, 3).some((text) => /[*?/]/.test(text)),
        ours: macro ? expression === "@hourly" : hours.size === 24,
    };
}

const cases = Array.from({ length: Number(count) }, random_case);
const run = spawnSync(program, {
    input: cases.map((one) => `${one.expression}\t${one.zone}\t${one.time}\n`).join(""),
    encoding: "utf8", maxBuffer: 1 << 30,
});
if (run.status !== 0) throw new Error(`${program} failed: ${run.error ?? run.stderr}`);
const results = run.stdout.split("\n");

const shown = (time) => time === null ? "none" : new Date(time * 1000).toISOString();
let compared = 0, compared_in_change = 0, of_two_kinds = 0, over_midnight = 0, unknown = 0, differences = 0;
cases.forEach(({ expression, zone, time }, i) => {
    const ours = results[i] === "none" ? null : Number(results[i]);
    const found = new Cron(expression, { timezone: zone, fixedTimeRule: "no-wildcard" })
        .nextRun(new Date(time * 1000));
    const theirs = found === null ? null : found.getTime() / 1000;
    if (Math.max(ours ?? 0, theirs ?? 0) > last_known) return void ++unknown;
    const met = [time, ours, theirs].map((at) => at === null ? undefined : change_around(zone, at))
        .filter((change) => change);
    const kinds = kinds_of(expression);
    if (met.length > 0 && kinds.croner !== kinds.ours) return void ++of_two_kinds;
    if (met.some((change) => change.skips_midnight)) return void ++over_midnight;
    ++compared;
    if (met.length > 0) ++compared_in_change;
    if (ours === theirs) return;
    if (++differences <= 20)
        console.log(`"${expression}" in ${zone} after ${shown(time)}: `
            + `Cron: ${shown(ours)}, croner: ${shown(theirs)}`);
});
console.log(`seed ${seed}: ${compared} cases compared, ${compared_in_change} of them in changes of `
    + `the clock; left out: ${of_two_kinds} of two kinds, ${over_midnight} over midnight, `
    + `${unknown} after ${shown(last_known)}`);
console.log(`${differences} differences`);
if (results.length !== cases.length + 1 || compared < 0.95 * cases.length || compared_in_change === 0) {
    console.log("too few cases were compared");
    process.exit(1);
}
process.exit(differences === 0 ? 0 : 1);
