import { z } from 'zod'

/** One record has a megabyte at most, and more by a third in base64. */
const MAX_PAYLOAD_LENGTH = 3 << 19
/** Steps, pauses and words of people: nobody's rollout comes near. */
const MAX_RECORDS = 10_000
/** One a rotation. */
const MAX_KEYS = 10_000

/** A DSSE envelope; without signatures, `unsigned` says why it has none yet. */
const envelopeSchema = z.object({
  payload: z.string().max(MAX_PAYLOAD_LENGTH),
  payloadType: z.string().max(200),
  signatures: z.array(z.object({ keyid: z.string().max(200), sig: z.string().max(1000) })).max(20),
  unsigned: z.string().optional(),
})

/** Public keys of signed records, as JSON Web Keys (RFC 8037). */
export const recordKeysSchema = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string().max(100),
        kid: z.string().max(100),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    )
    .max(MAX_KEYS),
})

/** Decisions about a rollout, oldest first, with the keys to check them by: what needs no server to be checked. */
export const rolloutRecordsSchema = recordKeysSchema.extend({
  kind: z.literal('ballast.rollout.records/1'),
  rollout: z.string().max(100),
  records: z.array(envelopeSchema).max(MAX_RECORDS),
})
export type RolloutRecords = z.infer<typeof rolloutRecordsSchema>

/** A page of them; `next` is where the next one begins, null behind the last. */
export const recordPageSchema = rolloutRecordsSchema.extend({ next: z.int().nullable() })
export type RecordPage = z.infer<typeof recordPageSchema>
