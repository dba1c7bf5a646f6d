import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { referenceOutputsSchema, servingOptionsSchema } from '../../api/index.ts'
import { messageOf } from '../../core/index.ts'
import { modelConfigSchema } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'

/** What a replica is told at its start: a JSON file that outlives the host that wrote it. */
export const replicaSpecSchema = z.object({
  replica: z.string(),
  version: z.string(),
  versionNumber: z.number().int(),
  model: z.string(),
  /** Unix socket to listen on. */
  socketPath: z.string(),
  /** The ONNX file; external data lies beside it. */
  modelPath: z.string(),
  /** Where it says that it sleeps, before it ends for that; without it, it can't be unloaded. */
  parkedPath: z.string().optional(),
  /** Where its host notes which process it started; without it, it need not be known. */
  processPath: z.string().optional(),
  config: modelConfigSchema,
  reference: referenceOutputsSchema.optional(),
  /** The variant of its version that the file is; absent: the original. */
  variant: z.object({ name: z.string(), digest: z.string() }).optional(),
  /** Processors that it may use at the same time: threads of a run, or lanes; default 1. */
  threads: z.number().int().min(1).max(256).optional(),
  serving: servingOptionsSchema.optional(),
})
export type ReplicaSpec = z.output<typeof replicaSpecSchema>
/** As it is written: its configuration is checked by the replica. */
export type ReplicaSpecInput = Omit<ReplicaSpec, 'config'> & { readonly config: unknown }

/** Throws SPEC_INVALID. */
export function parseSpec(value: unknown): ReplicaSpec {
  const parsed = replicaSpecSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalidSpec(z.prettifyError(parsed.error), parsed.error)
}

/** Throws SPEC_INVALID. */
export async function readSpec(path: string): Promise<ReplicaSpec> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw invalidSpec(messageOf(cause), cause)
  }
  return parseSpec(value)
}

function invalidSpec(reason: string, cause: unknown): InferenceError {
  return new InferenceError('SPEC_INVALID', {
    message: `The replica's specification can't be read: ${reason}`,
    hint: 'Host and replica must be of the same release of Ballast.',
    cause,
  })
}
