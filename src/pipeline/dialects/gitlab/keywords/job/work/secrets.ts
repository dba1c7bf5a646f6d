import type { PlannedJob, SecretRequest } from '../../../../../types.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import { mapOf, oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { flag, integer, text } from '../../reader/scalars.ts'
import { type Fields, optional, required, struct } from '../../reader/struct.ts'

const MAX_SECRETS = 100
const MAX_AUDIENCES = 20

const key = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  expected: 'the name of a variable (letters, digits and _)',
}
const word = text({ expected: 'text' })
const FROM_PROJECT =
  "the value comes from the project's secret of the variable's name; no other store is asked"

function store(what: string, fields: Fields) {
  return optional(byKind<string, never, unknown>({ scalar: word, map: struct({ what, fields }) }), {
    warning: FROM_PROJECT,
  })
}

const secret = struct({
  what: 'a secret',
  fields: {
    vault: store('vault', {
      engine: optional(struct({ what: 'engine', fields: { name: required(word), path: required(word) } })),
      path: required(word),
      field: required(word),
    }),
    gcp_secret_manager: store('gcp_secret_manager', {
      name: required(word),
      version: optional(byKind({ scalar: { ...word, read: readVersion } })),
    }),
    azure_key_vault: store('azure_key_vault', { name: required(word), version: optional(word) }),
    aws_secrets_manager: store('aws_secrets_manager', {
      secret_id: required(word),
      version_id: optional(word),
      version_stage: optional(word),
      region: optional(word),
      role_arn: optional(word),
      role_session_name: optional(word),
      field: optional(word),
    }),
    gitlab_secrets_manager: optional(
      struct({
        what: 'gitlab_secrets_manager',
        fields: { name: required(word), source: optional(word) },
      }),
      { note: "the project's secret of this name" },
    ),
    file: optional(flag()),
    token: optional(word, { note: 'not needed: no other store is asked' }),
  },
})

function readVersion(...[node, place]: Parameters<Reader<string>['read']>): string | undefined {
  const number = node.kind === 'scalar' && typeof node.value === 'number'
  return number ? `${integer(0, Number.MAX_SAFE_INTEGER).read(node, place) ?? ''}` : word.read(node, place)
}

const STORES = ['vault', 'gcp_secret_manager', 'azure_key_vault', 'aws_secrets_manager'] as const

export const secrets: Reader<readonly SecretRequest[]> = refine(
  mapOf({
    key,
    value: refine(secret, (read, node, place) => {
      const own = read.gitlab_secrets_manager
      if (own || STORES.some(name => read[name] !== undefined))
        return { name: own?.name, file: read.file ?? true }
      return mismatch(node, place, `one of ${[...STORES, 'gitlab_secrets_manager'].join(', ')}`)
    }),
    max: MAX_SECRETS,
    shown: '<NAME>',
  }),
  entries =>
    entries.map(({ name, value }) => ({ variable: name, secret: value.name ?? name, file: value.file })),
)

export const idTokens: Reader<NonNullable<PlannedJob['idTokens']>> = refine(
  mapOf({
    key,
    value: struct({ what: 'an id token', fields: { aud: required(oneOrMore(word, MAX_AUDIENCES, 1)) } }),
    max: MAX_SECRETS,
    shown: '<NAME>',
  }),
  entries => entries.map(({ name, value }) => ({ variable: name, audience: value.aud })),
)
