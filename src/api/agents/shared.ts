import { z } from 'zod'

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/)
/** What another part reads by a schema of its own. */
export const jsonSchema: z.ZodType<unknown> = z.unknown()

export const blobRefSchema = z.object({
  name: z.string(),
  digest: digestSchema,
  size: z.number().int().nonnegative(),
})
export type BlobRefWire = z.infer<typeof blobRefSchema>

export const keptFileSchema = z.object({
  path: z.string(),
  digest: digestSchema,
  size: z.number().int().nonnegative(),
  executable: z.boolean(),
  /** Kept because a report is in it: later jobs don't find it in their workspace. */
  reportOnly: z.boolean().optional(),
  /** An empty folder, and no file. */
  folder: z.boolean().optional(),
})

export const addressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number().int() }),
])
export type Address = z.infer<typeof addressSchema>
