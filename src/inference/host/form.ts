import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { HostReport, WantedReplica } from '../../api/index.ts'
import { hexOf, isDigest, replaceFile } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'

type Reported = HostReport['replicas'][number]

const fallbackSchema = z.object({ name: z.string(), digest: z.string(), reason: z.string() })
type Fallback = z.infer<typeof fallbackSchema>

/** Fetches that may fail before a variant is given up: the control plane may be away for a moment. */
const MAX_FETCHES = 5
/** Of a reason: the last lines of a log, which are read on pages. */
const MAX_REASON = 2000

/**
 * The form in which one replica serves its version: a variant where one is wanted, and the original from the moment
 * at which that did not hold. Why is kept beside the replica, so that no later host tries the same variant again.
 */
export class Form {
  readonly #path: string
  #fallback: Fallback | undefined
  #fetches = 0
  #serving: Reported['variant']

  /** `path`: where the reason is kept. */
  constructor(path: string) {
    this.#path = path
  }

  /** Learns what an earlier host found. */
  async open(): Promise<void> {
    this.#fallback = readFallback(await readFile(this.#path, 'utf8').catch(() => ''))
  }

  /** What is loaded now: a variant's files and reference in place of the original's, or the original alone. */
  of(wanted: WantedReplica): WantedReplica {
    const { variant, ...original } = wanted
    if (!variant || this.#isGivenUp(wanted)) return original
    const { reference: _, ...rest } = original
    return {
      ...rest,
      variant,
      files: variant.files,
      ...(variant.reference && { reference: variant.reference }),
    }
  }

  /** What a replica that is ready says that it serves. */
  serves(variant: Reported['variant']): void {
    this.#serving = variant
    this.#fetches = 0
  }

  told({ variant }: WantedReplica): Pick<Reported, 'variant' | 'fallback'> {
    const fallback = this.#fallback
    return {
      ...(this.#serving && { variant: this.#serving }),
      ...(fallback && variant?.digest === fallback.digest && { fallback }),
    }
  }

  /** Serves the original from now on; false where that is what it does. */
  async fallBack(wanted: WantedReplica, reason: string): Promise<boolean> {
    const { variant } = wanted
    if (!variant || this.#isGivenUp(wanted)) return false
    const { name, digest } = variant
    this.#fallback = { name, digest, reason: reason.slice(0, MAX_REASON) }
    this.#serving = undefined
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    await replaceFile(this.#path, JSON.stringify(this.#fallback))
    return true
  }

  /** Whether what kept it from being prepared is the variant's own fault: other bytes than it has, or none at all. */
  blames(cause: unknown): boolean {
    if (!(cause instanceof InferenceError)) return false
    if (cause.code === 'BLOB_MISMATCH' || cause.code === 'SPEC_INVALID') return true
    return cause.code === 'BLOB_UNAVAILABLE' && ++this.#fetches >= MAX_FETCHES
  }

  #isGivenUp({ variant }: WantedReplica): boolean {
    return variant !== undefined && variant.digest === this.#fallback?.digest
  }
}

/** The name under which a form's files are laid out: two forms of a version have files of the same names. */
export function layoutOf({ version, variant }: Pick<WantedReplica, 'version' | 'variant'>): string {
  if (!variant) return version
  return isDigest(variant.digest) ? `${version}~${hexOf(variant.digest).slice(0, 16)}` : `${version}~`
}

function readFallback(text: string): Fallback | undefined {
  try {
    return fallbackSchema.safeParse(JSON.parse(text)).data
  } catch {
    // A crash while it was written: the variant is tried once more.
    return undefined
  }
}
