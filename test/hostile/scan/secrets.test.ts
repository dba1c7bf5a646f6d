import { describe, expect, test } from 'vitest'
import { findSecrets, redact } from '../../../src/formats/scan/text/secrets.ts'
import { call, text } from './pickle-bytes.ts'
import { scanBytes, scanFolder } from './world.ts'

/** Put together here, so that no scanner of this repository takes them for real. */
const made = (...parts: string[]): string => parts.join('')
const letters = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA'

const SECRETS: readonly [kind: string, text: string][] = [
  ['AWS access key', made('AKIA', 'Q3EGRDXKZM7YQ2WB')],
  ['AWS secret key', made('aws_secret_access_key = ', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCY', 'zzzzzzzKEY')],
  ['GitHub token', made('ghp', '_', letters, 'wXyZ')],
  ['GitLab token', made('glpat', '-', letters.slice(0, 20))],
  ['Hugging Face token', made('hf', '_', letters, 'Zx')],
  ['Slack token', made('xoxb', '-1234567890-', letters)],
  ['OpenAI or Anthropic key', made('sk', '-proj-', letters, letters)],
  ['Google API key', made('AI', 'za', letters, 'abc')],
  ['JSON web token', made('eyJ', 'hbGciOiJIUzI1NiJ9', '.eyJ', 'zdWIiOiIxMjM0NSJ9', '.', letters)],
  ['private key', made('-----BEGIN ', 'RSA PRIVATE KEY-----\n', 'MIIEowIBAAKCAQEAx3v9', letters)],
  ['connection string with a password', made('postgres', '://admin:', 'tr0ub4dor', '@db.example.com/x')],
  ['value named as a key or password', made('"api_key": "', letters, '"')],
]

describe('secrets are found', () => {
  test.each(SECRETS)('%s', async (kind, secret) => {
    const found = findSecrets(`before ${secret} after`)
    expect(found.map(({ what }) => what.startsWith(kind))).toEqual([true])
    expect(JSON.stringify(found)).not.toContain(
      kind.startsWith('connection') ? 'tr0ub4dor' : secret.slice(-12),
    )
    expect(redact(secret)).not.toContain(kind.startsWith('connection') ? 'tr0ub4dor' : secret.slice(-12))
  })
})

describe('what looks like one and is none', () => {
  test.each([
    ['a digest', 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
    [
      'base64 of weights',
      Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 37) % 251)).toString('base64'),
    ],
    ['Amazon’s example', 'AKIAIOSFODNN7EXAMPLE'],
    ['a placeholder', 'api_key = "your-api-key-goes-here"'],
    ['a variable', 'password=os.environ["DB_PASSWORD"]'],
    ['special tokens', '"pad_token": "<|endoftext|>", "token": "hf_model", "eos_token_id": 50256'],
    ['an address', 'https://huggingface.co/org/model:main'],
    ['an address with a placeholder', 'postgres://user:password@localhost/db'],
    ['the words of a key', '-----BEGIN PRIVATE KEY-----'],
    ['a commit', 'commit 81ce5d9f0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
    ['hyphens', 'risk-adjusted-return-of-a-long-name-with-many-parts'],
  ])('%s', (_, text_) => {
    expect(findSecrets(text_)).toEqual([])
  })
})

test('a secret in a text makes the verdict unknown, with its line and without its value', async () => {
  const [, secret] = SECRETS[2]!
  const report = await scanBytes(`# Model card\n\ntoken: ${secret}\n`, 'README.md')
  expect(report.verdict).toBe('unknown')
  expect(report.findings[0]).toMatchObject({ rule: 'secret/token', at: { file: 'README.md', line: 3 } })
  expect(JSON.stringify(report)).not.toContain(secret.slice(6))
})

test('a secret at the border of two pieces is found, once', async () => {
  const [, secret] = SECRETS[2]!
  for (const before of [2 ** 20 - 20, 2 ** 20 - 8192, 2 ** 20 - 8200, 2 ** 20]) {
    const report = await scanBytes(`${' '.repeat(before)}${secret}\n`, 'notes.txt')
    expect(report.counts.unknown).toBe(1)
  }
})

test('no report of an attack gives away a secret that it was called with', async () => {
  const [, secret] = SECRETS[2]!
  const report = await scanBytes(call('os', 'system', text(secret)))
  expect(JSON.stringify(report)).not.toContain(secret.slice(6))
})

test('a folder without secrets has none', async () => {
  expect((await scanFolder({ 'config.json': '{"hidden_size": 768, "vocab_size": 50257}' })).findings).toEqual(
    [],
  )
})

test('a text that is built against the patterns takes no time', () => {
  for (const part of [
    'a',
    'a:',
    '://',
    'eyJ',
    'password=',
    'sk-',
    '-----BEGIN ',
    'ghp_',
    ' api_key: "',
    '@',
    'a://b:',
  ])
    expect(findSecrets(part.repeat(100_000)).length).toBeLessThan(51)
})
