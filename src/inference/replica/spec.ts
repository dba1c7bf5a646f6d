import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { referenceOutputsSchema } from '../../api/index.ts'
import { messageOf } from '../../core/index.ts'
import { type ModelConfig, type PreprocessStep, TASKS } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'

const size = z.number().int().positive()
const stepSchema: z.ZodType<PreprocessStep> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('decode'), what: z.literal('image') }),
  z.object({ kind: z.literal('grayscale') }),
  z.object({ kind: z.literal('invert') }),
  z.object({
    kind: z.literal('resize'),
    width: size,
    height: size,
    fit: z.enum(['fill', 'cover', 'contain']),
  }),
  z.object({ kind: z.literal('crop'), width: size, height: size }),
  z.object({ kind: z.literal('scale'), factor: z.number() }),
  z.object({ kind: z.literal('normalize'), mean: z.array(z.number()), std: z.array(z.number()) }),
  z.object({ kind: z.literal('layout'), order: z.enum(['nchw', 'nhwc', 'hw']) }),
])

const configSchema = z
  .object({
    name: z.string(),
    task: z.enum(TASKS),
    labels: z.array(z.string()),
    preprocess: z.array(stepSchema),
    input: z.string().optional(),
    output: z.string().optional(),
  })
  .transform(
    ({ input, output, ...rest }): ModelConfig => ({
      ...rest,
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
    }),
  )

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
  config: configSchema,
  reference: referenceOutputsSchema.optional(),
  /** Within one run; default 1. */
  threads: z.number().int().min(1).max(256).optional(),
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
