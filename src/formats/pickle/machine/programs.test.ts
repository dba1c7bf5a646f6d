import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import { runPickle } from './run.ts'

interface Program {
  readonly pickle: string
  readonly ok: boolean
  readonly found: readonly (readonly [module: string, name: string])[]
  readonly differs: boolean
}

/** What CPython's unpickler did with pickles of random opcodes. */
const PROGRAMS: readonly Program[] = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/pickle/programs.json', import.meta.url), 'utf8'),
)

describe("against CPython's unpickler", () => {
  test.each(PROGRAMS.map((program, i) => [i, program] as const))(
    'program %i: what it loads is seen',
    async (_, { pickle, ok, found, differs }) => {
      const run = await runPickle(sourceOf(Buffer.from(pickle, 'base64'), 'x.pkl'))
      const seen = run.globals.map(({ module, name }) => [module, name])
      // The machine may go on where Python notices a wrong type, and so see more, but never less.
      expect(seen.slice(0, found.length)).toEqual(found)
      if (ok) expect({ fault: run.fault, seen }).toEqual({ fault: undefined, seen: found })
      if (differs) expect(run.ambiguous).not.toEqual([])
    },
  )
})
