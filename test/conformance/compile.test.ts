import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Diagnostic, formatDiagnostic } from '../../src/core/index.ts'
import type { CompileResult, PlannedJob } from '../../src/pipeline/index.ts'
import { CORPUS_TITLE, corpusFiles, FIXTURES, GITLAB, hasCorpus } from './corpus.ts'
import { CASES, DEFAULT_FILE, INCLUDED, titleOf } from './gitlab/cases.ts'
import { OWN } from './gitlab/own.ts'
import type { Case, JobOutcome } from './gitlab/types.ts'
import { withCase } from './world.ts'

describe.skipIf(!hasCorpus)(CORPUS_TITLE, () => {
  test('each file that starts a pipeline has an expectation', () => {
    const expected = CASES.map(({ folder, file = DEFAULT_FILE }) => `${folder}/${file}`)
    const starting = corpusFiles().filter(path => !INCLUDED.some(pattern => pattern.test(path)))
    expect([...new Set(expected)].sort()).toEqual(starting)
  })

  test.each(CASES.map(one => [titleOf(one), one] as const))('%s compiles as expected', async (_, one) => {
    await withCase(GITLAB, one, async ({ compilation }) => expectCompiled(compilation.result, one))
  })
})

describe('GitLab CI files of our own', () => {
  test('each folder has an expectation', () => {
    expect([...new Set(OWN.map(({ folder }) => folder))].sort()).toEqual(readdirSync(FIXTURES).sort())
  })

  test.each(OWN.map(one => [titleOf(one), one] as const))('%s compiles as expected', async (_, one) => {
    await withCase(FIXTURES, one, async ({ compilation }) => expectCompiled(compilation.result, one))
  })
})

function expectCompiled(result: CompileResult, { file = DEFAULT_FILE, outcome }: Case): void {
  if (outcome.kind === 'problems') {
    const errors = errorsOf(result)
    const at = outcome.at.map(place => (typeof place === 'number' ? `${file}:${place}` : place))
    expect(placesOf(errors), told(result)).toEqual([...at].sort())
    if (outcome.says) expect(errors.map(formatDiagnostic).join('\n')).toMatch(outcome.says)
    return
  }
  if (outcome.kind === 'out-of-reach') {
    expect(placesOf(errorsOf(result)), told(result)).toContain(`${file}:${outcome.at}`)
    return
  }
  if (outcome.kind === 'nothing') {
    expect(result.kind, told(result)).toBe('nothing')
    if (outcome.out && result.kind === 'nothing')
      expect(namesOf(result.excluded)).toEqual([...outcome.out].sort())
    return
  }
  if (result.kind !== 'plan') expect.fail(told(result))
  // Those of child pipelines come later.
  const inPlan = Object.keys(outcome.jobs).filter(name => !isOfChild(name, outcome.jobs))
  expect(namesOf(result.plan.jobs), told(result)).toEqual(inPlan.sort())
  expect(namesOf(result.plan.excluded ?? [])).toEqual([...(outcome.out ?? [])].sort())
  for (const job of result.plan.jobs) expectPlanned(job, outcome.jobs[job.name]!)
}

function expectPlanned(job: PlannedJob, { after, environment, interruptible, steps }: JobOutcome): void {
  // What a job of a stage waits for is told by the run.
  if (after && job.order === 'dag') expect([...job.needs].sort()).toEqual([...after].sort())
  if (environment !== undefined) expect(job.environment?.name).toBe(environment)
  if (interruptible !== undefined) expect(job.interruptible ?? false).toBe(interruptible)
  if (steps) expect(stepsOf(job)).toEqual(expect.arrayContaining([...steps]))
}

/** A job of a child pipeline has the names of the triggers above it before its own. */
function isOfChild(name: string, jobs: Readonly<Record<string, JobOutcome>>): boolean {
  return name.includes('/') && Object.hasOwn(jobs, name.slice(0, name.indexOf('/')))
}

function stepsOf({ work }: PlannedJob): readonly string[] {
  return work.kind === 'script' ? work.phases.flatMap(phase => phase.steps) : []
}

function errorsOf({ diagnostics }: CompileResult): readonly Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity === 'error')
}

function placesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  const places = diagnostics.map(({ at }) => `${at.file.replace(/@[0-9a-f]{40}$/, '@COMMIT')}:${at.line}`)
  return [...new Set(places)].sort()
}

function namesOf(jobs: readonly { readonly name: string }[]): readonly string[] {
  return jobs.map(({ name }) => name).sort()
}

function told(result: CompileResult): string {
  const lines = result.diagnostics.map(
    ({ at, severity, message }) => `${at.file}:${at.line}: ${severity}: ${message}`,
  )
  return [result.kind, ...(result.kind === 'nothing' ? [result.reason] : []), ...lines].join('\n')
}
