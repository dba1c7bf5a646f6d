import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CORPUS_TITLE, FIXTURES, GITLAB, hasCorpus } from './corpus.ts'
import { CASES, titleOf } from './gitlab/cases.ts'
import { OWN } from './gitlab/own.ts'
import type { Case, JobOutcome, Outcome } from './gitlab/types.ts'
import { type Ran, runJobs, withCase } from './world.ts'

type Runs = Extract<Outcome, { readonly kind: 'runs' }>

const caches = mkdtempSync(join(tmpdir(), 'ballast-conformance-caches-'))
const given = process.env['XDG_CACHE_HOME']

beforeAll(() => {
  process.env['XDG_CACHE_HOME'] = caches
})
afterAll(() => {
  if (given === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = given
  rmSync(caches, { recursive: true, force: true })
})

describe.skipIf(!hasCorpus)(CORPUS_TITLE, () => {
  test.concurrent.each(running(CASES))('%s runs as expected', async (_, one, outcome) => {
    expectRan(await ran(GITLAB, one, outcome), outcome)
  })
})

describe('GitLab CI files of our own', () => {
  test.concurrent.each(running(OWN))('%s runs as expected', async (_, one, outcome) => {
    expectRan(await ran(FIXTURES, one, outcome), outcome)
  })
})

function running(cases: readonly Case[]): readonly (readonly [string, Case, Runs])[] {
  return cases.flatMap(one =>
    one.outcome.kind === 'runs' && reached(one.outcome).length > 0
      ? [[titleOf(one), one, one.outcome] as const]
      : [],
  )
}

async function ran(cases: string, one: Case, outcome: Runs): Promise<Ran> {
  return withCase(cases, one, async compiled => {
    const { result } = compiled.compilation
    if (result.kind !== 'plan') expect.fail(`it compiles to ${result.kind}`)
    const names = reached(outcome).filter(name => result.plan.jobs.some(job => job.name === name))
    const { runs = 1, manual = [] } = one.occasion ?? {}
    const run = () => runJobs(compiled, result.plan, names, manual)
    for (let n = 1; n < runs; n++) await run()
    return run()
  })
}

/** Names of the jobs that can run here. */
function reached({ jobs }: Runs): readonly string[] {
  return Object.keys(jobs).filter(name => jobs[name]?.outOfReach === undefined)
}

function expectRan(ran: Ran, outcome: Runs): void {
  const names = reached(outcome)
  expect([...ran.jobs.keys()].sort()).toEqual([...names].sort())
  for (const name of names) expectJob(name, ran, outcome.jobs[name]!)
  if (names.length === Object.keys(outcome.jobs).length) expect(ran.result.state).toBe(outcome.pipeline)
  if (outcome.kept) expect(ran.kept).toEqual([...outcome.kept].sort())
}

function expectJob(name: string, ran: Ran, expected: JobOutcome): void {
  const { state = 'succeeded', forgiven = false, log = [], silent = [], after, coverage } = expected
  const job = ran.jobs.get(name)
  const lines = ran.logs.get(name) ?? []
  const seen = `${name}: ${job?.reason ?? ''}\n${lines.join('\n')}`
  expect(job?.state, seen).toBe(state)
  expect(job?.forgiven, seen).toBe(forgiven)
  expectLines(lines, log, seen)
  for (const text of silent)
    expect(
      lines.filter(line => line.includes(text) && !line.startsWith('$ ')),
      seen,
    ).toEqual([])
  if (coverage !== undefined) expect(job?.coverage, seen).toBe(coverage)
  if (after) expect([...(ran.endedBefore.get(name) ?? [])], seen).toEqual(expect.arrayContaining([...after]))
}

function expectLines(lines: readonly string[], expected: readonly (string | RegExp)[], seen: string): void {
  let at = 0
  for (const wanted of expected) {
    const found = lines.findIndex(
      (line, n) => n >= at && (typeof wanted === 'string' ? line === wanted : wanted.test(line)),
    )
    expect(found, `no line ${wanted} in ${seen}`).toBeGreaterThanOrEqual(at)
    at = found + 1
  }
}
