// Signs tokens with new keys, changes some, and compares the principals that jose and the given
// program find.
import { spawnSync } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import * as jose from 'jose';

const program = argv[2];
const issuer = 'https://id.example.org';
const audience = 'jobs';
const now = Math.floor(Date.now() / 1000);
const minute = 60;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = randomBytes(32).toString('hex');
const strangers = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  HS256: randomBytes(32),
};
const keys = {
  RS256: { private: rsa.privateKey, public: rsa.publicKey },
  ES256: { private: ec.privateKey, public: ec.publicKey },
  HS256: { private: Buffer.from(secret), public: Buffer.from(secret) },
};
const pem = (key) => key.export({ type: 'spki', format: 'pem' });

const good = { sub: 'ada', iss: issuer, aud: audience, iat: now, exp: now + 5 * minute };
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const signed = (alg, key, claims, header = {}) =>
  new jose.SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(key);

/// A token that no library signs: any header, and any signature over it.
const forged = (header, claims, signature) => {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signature(text).toString('base64url')}`;
};

/// Tokens by name, each with its expected result: the line of a principal, or `-`.
async function cases(alg) {
  const key = keys[alg].private;
  const make = (claims, header) => signed(alg, key, { ...good, ...claims }, header);
  const without = (claim) => {
    const { [claim]: _, ...rest } = good;
    return signed(alg, key, rest);
  };
  const token = await make({});
  const [head, body, tail] = token.split('.');
  const publicPem = alg === 'HS256' ? pem(rsa.publicKey) : pem(keys[alg].public);
  const flipped = Buffer.from(tail, 'base64url');
  flipped[7] ^= 1;
  return [
    ['plain', token, 'ada'],
    ['typ JWT', await make({}, { typ: 'JWT' }), 'ada'],
    ['typ at+jwt', await make({}, { typ: 'at+jwt' }), 'ada'],
    ['audience in a list', await make({ aud: ['mails', audience] }), 'ada'],
    ['roles', await make({ roles: ['admin', 'audit'] }), 'ada admin audit'],
    ['roles in a text', await make({ roles: 'admin audit' }), 'ada admin audit'],
    ['a name in UTF-8', await make({ sub: 'Ada Łovelace' }), 'Ada Łovelace'],
    ['not before now', await make({ nbf: now }), 'ada'],
    ['expired', await make({ iat: now - 10 * minute, exp: now - minute }), '-'],
    ['not yet', await make({ nbf: now + minute }), '-'],
    ['issued in the future', await make({ iat: now + minute }), '-', 'ours'],
    ['without exp', await without('exp'), '-'],
    ['without aud', await without('aud'), '-'],
    ['without iss', await without('iss'), '-'],
    ['without sub', await without('sub'), '-'],
    ['another audience', await make({ aud: 'mails' }), '-'],
    ['another issuer', await make({ iss: `${issuer}/` }), '-'],
    ['another typ', await make({}, { typ: 'dpop+jwt' }), '-', 'ours'],
    ['another key', await signed(alg, strangers[alg], good), '-'],
    ['a flipped bit', `${head}.${body}.${flipped.toString('base64url')}`, '-'],
    ['other claims', `${head}.${encode({ ...good, sub: 'bob' })}.${tail}`, '-'],
    ['another header', `${encode({ alg, typ: 'JWT' })}.${body}.${tail}`, '-'],
    ['without its end', token.slice(0, -4), '-'],
    ['without signature', `${head}.${body}.`, '-'],
    ['without the last part', `${head}.${body}`, '-'],
    ['with padding', `${token}=`, '-', 'ours'],
    ['alg none', forged({ alg: 'none' }, good, () => Buffer.alloc(0)), '-'],
    ['crit', forged({ alg, crit: ['exp'], exp: 1 }, good, (text) => own(alg, text)), '-'],
    ['HS256 with the public key',
      forged({ alg: 'HS256' }, good, (text) => createHmac('sha256', publicPem).update(text).digest()),
      '-'],
  ];
}

/// A valid signature over any text.
function own(alg, text) {
  if (alg === 'HS256') return createHmac('sha256', secret).update(text).digest();
  return sign('sha256', Buffer.from(text), { key: keys[alg].private, dsaEncoding: 'ieee-p1363' });
}

async function joses(token, key) {
  try {
    const { payload } = await jose.jwtVerify(token, key, {
      issuer, audience, clockTolerance: 5, algorithms: ['RS256', 'ES256', 'HS256'],
      requiredClaims: ['exp', 'sub'],
    });
    const roles = [payload.roles ?? []].flat().join(' ');
    return roles ? `${payload.sub} ${roles}` : payload.sub;
  } catch (error) {
    if (error instanceof jose.errors.JOSEError || error instanceof TypeError) return '-';
    throw error;
  }
}

function ours(kind, content, tokens) {
  writeFileSync('keys', content);
  const run = spawnSync(program, [kind, 'keys'], { input: `${tokens.join('\n')}\n`, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the program failed: ${run.stderr}`);
  return run.stdout.split('\n').slice(0, -1);
}

let compared = 0;
let wrong = 0;
function expect(what, expected, actual) {
  ++compared;
  if (expected === actual) return;
  ++wrong;
  console.log(`${what}: expected "${expected}", but it is "${actual}"`);
}

const jwks = { keys: [] };
const named = [];
for (const alg of ['RS256', 'ES256', 'HS256']) {
  const all = await cases(alg);
  const content = alg === 'HS256' ? secret : pem(keys[alg].public);
  const results = ours(alg.toLowerCase(), content, all.map(([, token]) => token));
  for (const [i, [name, token, expected, only]] of all.entries()) {
    expect(`${alg}, ${name}, asyncjobs`, expected, results[i]);
    if (!only) expect(`${alg}, ${name}, jose`, expected, await joses(token, keys[alg].public));
  }
  jwks.keys.push({ ...(await jose.exportJWK(keys[alg].public)), alg, kid: `key ${alg}` });
  for (const kid of [`key ${alg}`, undefined, 'another'])
    named.push([alg, kid, await signed(alg, keys[alg].private, good, kid ? { kid } : {})]);
}

// A set of keys: each token belongs to the key that it names, or to any if it names none.
jwks.keys.push({ ...(await jose.exportJWK(generateKeyPairSync('ed25519').publicKey)), use: 'sig' });
const results = ours('jwks', JSON.stringify(jwks), named.map(([, , token]) => token));
for (const [i, [alg, kid]] of named.entries())
  expect(`${alg} by the key ${kid}`, kid === 'another' ? '-' : 'ada', results[i]);

// Keys on another curve, and their tokens.
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const es384 = await signed('ES384', p384.privateKey, good);
expect('ES384', '-', ours('es256', pem(ec.publicKey), [es384])[0]);
const renamed = forged({ alg: 'ES256' }, good, (text) =>
  sign('sha384', Buffer.from(text), { key: p384.privateKey, dsaEncoding: 'ieee-p1363' }));
expect('ES256 on P-384', '-', ours('es256', pem(ec.publicKey), [renamed])[0]);
writeFileSync('keys', pem(p384.publicKey));
expect('a key on P-384', 1, spawnSync(program, ['es256', 'keys'], { input: '' }).status);

console.log(`${compared} tokens, ${wrong} wrong`);
exit(wrong === 0 && compared > 150 ? 0 : 1);
