import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../../../core/index.ts'
import type { PlannedJob } from '../../types.ts'
import type { CompileRequest, CompileResult, TriggerFacts } from '../types.ts'
import { gitlab } from './compile.ts'

/**
 * Each folder holds a CI file, the files beside it, and what GitLab's reference says about it: for one occasion or
 * several, each with the facts in which it differs from a push that moved the default branch.
 */
interface Expectation {
  readonly occasion: string
  readonly trigger?: Partial<TriggerFacts>
  readonly given?: CompileRequest['variables']
  /** Paths that have changed. Absent: there is nothing to compare with. */
  readonly changed?: readonly string[]
  readonly outcome: object
}

const ROOT = join(import.meta.dirname, 'fixtures')
const FILE = '.gitlab-ci.yml'

for (const name of readdirSync(ROOT)) {
  describe(name, () => {
    const expectations = JSON.parse(readFileSync(join(ROOT, name, 'expected.json'), 'utf8')) as Expectation[]
    test.each(expectations)('$occasion', async expectation => {
      expect(shown(await gitlab.compile(requestFor(name, expectation)))).toMatchObject(expectation.outcome)
    })
  })
}

function requestFor(name: string, { trigger, changed, given }: Expectation): CompileRequest {
  const folder = join(ROOT, name)
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const missing = async () => ({ kind: 'missing', reason: 'there is no other project' }) as const
  return {
    file: FILE,
    text: read(FILE),
    files: {
      list: async () => paths,
      read: async path => (paths.includes(path) ? read(path) : undefined),
      changed: async () => changed,
    },
    includes: { project: missing, component: missing, remote: missing },
    trigger: {
      event: 'push',
      ref: 'refs/heads/main',
      commit: 'a'.repeat(40),
      before: 'b'.repeat(40),
      commitMessage: 'Change',
      commitAuthor: 'Ada <ada@example.com>',
      commitTimestamp: '2026-01-01T00:00:00Z',
      protectedRef: true,
      principal: { id: 'usr_1', name: 'ada' },
      variables: {},
      inputs: {},
      ...trigger,
    },
    project: { id: 'prj_1', name: 'team/digits', defaultBranch: 'main', serverUrl: 'http://127.0.0.1:4400' },
    variables: given ?? [],
  }
}

/** The short form that expectations are written in. */
function shown(result: CompileResult): object {
  const diagnostics = result.diagnostics.map(formatDiagnostic)
  if (result.kind === 'problems') return { diagnostics }
  if (result.kind === 'nothing') return { nothing: result.reason, diagnostics }
  const { jobs, stages, name, excluded, autoCancel } = result.plan
  return {
    diagnostics,
    stages,
    name,
    autoCancel,
    jobs: jobs.map(shownJob),
    out: Object.fromEntries((excluded ?? []).map(job => [job.name, job.reason])),
  }
}

function shownJob({ at, work, start, ...job }: PlannedJob): object {
  const script =
    work.kind === 'script' ? Object.fromEntries(work.phases.map(phase => [phase.name, phase.steps])) : {}
  return {
    ...job,
    line: at?.line,
    start: start?.kind ?? 'on_success',
    ...script,
    ...(start?.kind === 'delayed' && { delay: start.delay }),
    ...(work.kind === 'trigger' && { trigger: work }),
  }
}
