import type { Location } from '../../../../core/index.ts'
import { type Entry, quote, showFound } from '../../../yaml/located.ts'
import type { Keyed, MergedConfig } from '../types.ts'
import { type Globals, globalRule } from './global.ts'
import { type JobKeys, jobRule } from './job/job.ts'
import type { KeywordFindings } from './reader/findings.ts'
import { type KnownValues, readStruct } from './reader/struct.ts'

export interface WrittenJob {
  readonly name: string
  readonly at: Location
  readonly keys: JobKeys
  /** Where each key stands, those that could not be read too. */
  readonly keysAt: KeyPlaces
}

/** Of the few keys of one job, looked up where they are written: maps of 5,000 jobs would take megabytes. */
export class KeyPlaces {
  readonly #entries: readonly Entry[]

  constructor(entries: readonly Entry[]) {
    this.#entries = entries
  }

  get(key: string): Location | undefined {
    return this.#entries.find(entry => entry.key === key)?.keyAt
  }

  has(key: string): boolean {
    return this.#entries.some(entry => entry.key === key)
  }

  *[Symbol.iterator](): Generator<readonly [string, Location]> {
    for (const { key, keyAt } of this.#entries) yield [key, keyAt]
  }
}

export interface WrittenConfig {
  readonly globals: Globals
  /** Where each global key stands. */
  readonly globalsAt: ReadonlyMap<string, Location>
  readonly jobs: readonly WrittenJob[]
}

/** The merged files as typed values, as far as they could be read; the rest is told. */
export function readKeywords({ globals, jobs }: MergedConfig, findings: KeywordFindings): WrittenConfig {
  const entries = [...globals.values()]
  const start = entries[0]?.keyAt ?? { file: '', line: 1, column: 1 }
  const top = { kind: 'map', entries, at: start } as const
  const known: KnownValues = new Map()
  return {
    globals: readStruct(globalRule, top, { findings, trail: '' })?.values ?? {},
    globalsAt: new Map(entries.map(({ key, keyAt }) => [key, keyAt])),
    jobs: [...jobs.values()].flatMap(job => readJob(job, known, findings) ?? []),
  }
}

function readJob(
  { key: name, keyAt: at, value }: Keyed,
  known: KnownValues,
  findings: KeywordFindings,
): WrittenJob | undefined {
  if (value.kind !== 'map') {
    const facts = {
      expected: 'a map with script, run or trigger',
      found: showFound(value),
    }
    const message = `${quote(name)} is neither a job nor a global keyword`
    return findings.error(at, 'BAD_VALUE', message, facts)
  }
  return {
    name,
    at,
    keys: readStruct(jobRule, value, { findings, trail: '' }, known)?.values ?? {},
    keysAt: new KeyPlaces(value.entries),
  }
}
