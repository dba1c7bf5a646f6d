import { z } from 'zod'
import {
  type Optimization,
  optimizationSchema,
  servingOptionsSchema,
  type TriedVariant,
  type Variant,
  type VariantView,
  variantSchema,
} from '../../../api/index.ts'
import type { RecordKind, VersionRecord } from '../../../registry/index.ts'

/** Kinds of records that say which form of a version serves. */
export const FORM_RECORDS: readonly RecordKind[] = ['optimization', 'variant', 'serving']

/** Body of a record of kind `serving`: what else than defaults environments ask for, by their name. */
export const servingRecordSchema = servingOptionsSchema.extend({
  variants: z.record(z.string(), z.string()).optional(),
})

/** Variants whose bytes are kept, each once. Another server's are shown, and prove nothing here. */
export function variantsIn(records: readonly VersionRecord[]): readonly Variant[] {
  const found = new Map<string, Variant>()
  for (const { kind, body, origin } of records) {
    const variant = kind === 'variant' && !origin ? variantSchema.safeParse(body).data : undefined
    if (variant && !found.has(variant.name)) found.set(variant.name, variant)
  }
  return [...found.values()]
}

/** Body of a record of kind `import`, as far as variants go. */
const importSchema = z.object({
  variants: z
    .array(z.object({ name: z.string(), files: z.array(z.object({ digest: z.string() })) }))
    .optional(),
})

/**
 * Variants whose bytes this version has, by which they may be read: its own, and those that came with its import.
 * A record of another server may name any bytes, so only what the import really brought counts.
 */
export function variantsHere(records: readonly VersionRecord[]): readonly Variant[] {
  const own = variantsIn(records)
  const brought = new Set<string>()
  for (const { kind, body, origin } of records) {
    const { variants = [] } = (kind === 'import' && !origin && importSchema.safeParse(body).data) || {}
    for (const { name, files } of variants) for (const { digest } of files) brought.add(`${name} ${digest}`)
  }
  const names = new Set(own.map(({ name }) => name))
  const imported = variantsIn(records.filter(({ origin }) => origin).map(({ origin: _, ...rest }) => rest))
  return [
    ...own,
    ...imported.filter(
      ({ name, files }) => !names.has(name) && files.every(({ digest }) => brought.has(`${name} ${digest}`)),
    ),
  ]
}

/** What the first search said: with a later word, what serves would change under its own name. */
export function optimizationIn(records: readonly VersionRecord[]): Optimization | undefined {
  const first = records.find(({ kind, origin }) => kind === 'optimization' && !origin)
  return first && optimizationSchema.safeParse(first.body).data
}

/** Variants that are here with their figures, the chosen one first. */
export function variantViewsIn(records: readonly VersionRecord[]): VariantView[] {
  const found = optimizationIn(records)
  const own = new Set(variantsIn(records).map(({ name }) => name))
  const views = variantsHere(records).map(({ name, change, digest, size, files }) => {
    const measured = found?.tried.find(each => each.name === name)?.measured
    return {
      name,
      change,
      digest,
      size,
      files,
      speed: measured ? measured.variant.latencyP50 / measured.original.latencyP50 : null,
      memory: memoryRatio(measured),
      chosen: found?.chosen === name,
      imported: !own.has(name),
    }
  })
  return views.sort((a, b) => Number(b.chosen) - Number(a.chosen))
}

function memoryRatio(measured: TriedVariant['measured']): number | null {
  const [variant, original] = [measured?.variant.memory, measured?.original.memory]
  return variant && original && original.steady > 0 ? variant.steady / original.steady : null
}

/** The form in which a version serves in an environment. */
export type ServedForm =
  | { readonly kind: 'variant'; readonly variant: Variant }
  /** `reason`: why, where something else was asked for. */
  | { readonly kind: 'original'; readonly reason?: string }

/**
 * What an environment's file asks for, else what the search chose; only what was kept, and so passed its gates, can
 * serve.
 *
 *   asks for nothing, int8 was chosen -> int8
 *   asks for int4, which did not pass -> the original, and says so
 */
export function servedForm(records: readonly VersionRecord[], environment: string): ServedForm {
  const serving = servingRecordSchema.safeParse(records.findLast(({ kind }) => kind === 'serving')?.body)
  const asks = serving.data?.variants ?? {}
  const asked = Object.hasOwn(asks, environment) ? asks[environment] : undefined
  if (asked === 'original') return { kind: 'original' }
  const name = asked ?? optimizationIn(records)?.chosen
  if (name === undefined || name === null) return { kind: 'original' }
  const variant = variantsIn(records).find(each => each.name === name)
  if (variant) return { kind: 'variant', variant }
  return { kind: 'original', reason: `the variant '${name}' that it asks for did not pass` }
}
