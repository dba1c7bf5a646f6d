import type { MergeRequestFacts, ProjectFacts, RepositoryFiles, TriggerFacts } from '../../types.ts'
import type { Rule } from '../types.ts'
import { layering } from '../variables/layers.ts'
import { pipelineVariables } from '../variables/predefined/pipeline.ts'
import type { ProjectFiles } from './lookups.ts'
import { type Occasion, occasionOf } from './occasion.ts'

export const DIGITS: ProjectFacts = {
  id: 'prj_1',
  name: 'team/digits',
  defaultBranch: 'main',
  serverUrl: 'http://127.0.0.1:4400',
}

/** A push that moved the default branch. */
export function aTrigger(facts: Partial<TriggerFacts> = {}): TriggerFacts {
  return {
    event: 'push',
    ref: 'refs/heads/main',
    commit: 'a'.repeat(40),
    before: 'b'.repeat(40),
    commitMessage: 'Change',
    commitAuthor: 'Ada <ada@example.com>',
    commitTimestamp: '2026-01-01T00:00:00Z',
    protectedRef: false,
    principal: { id: 'usr_1', name: 'ada' },
    variables: {},
    inputs: {},
    ...facts,
  }
}

export function aMergeRequest(facts: Partial<MergeRequestFacts> = {}): Partial<TriggerFacts> {
  const mergeRequest: MergeRequestFacts = {
    number: 7,
    title: 'Add X',
    description: '',
    sourceBranch: 'feature',
    targetBranch: 'main',
    sourceSha: 'a'.repeat(40),
    targetSha: 'c'.repeat(40),
    sourceProject: 'team/digits',
    labels: [],
    draft: false,
    ...facts,
  }
  return { event: 'merge_request', ref: 'refs/merge-requests/7/head', mergeRequest }
}

export interface World {
  readonly trigger?: Partial<TriggerFacts>
  /** Files of the commit. */
  readonly files?: readonly string[]
  /** What changed, by what it is compared with; `before` for the push or merge request. */
  readonly changed?: Readonly<Record<string, readonly string[]>>
  readonly variables?: Readonly<Record<string, string>>
  /** Variables of the project. */
  readonly given?: Readonly<Record<string, string>>
  readonly projectFiles?: ProjectFiles
}

/** An occasion with the predefined variables of its trigger and those of the world over them. */
export function anOccasion(world: World = {}): Occasion {
  const trigger = aTrigger(world.trigger)
  const seeing = layering({
    predefined: pipelineVariables({ trigger, project: DIGITS, file: FILE }),
    given: Object.entries(world.given ?? {}).map(([name, value]) => ({
      name,
      value,
      file: false,
      literal: false,
    })),
    pipeline: {},
  })
  const variables = seeing(
    Object.entries(world.variables ?? {}).map(([name, value]) => ({
      name,
      value,
      expand: true,
      file: false,
    })),
  )
  const { changed = {}, files = [], projectFiles } = world
  const repository: RepositoryFiles = {
    list: async () => files,
    read: async () => undefined,
    changed: async from => changed[from === 'before' ? 'before' : from.ref],
  }
  const facts = { trigger, project: DIGITS, file: FILE, files: repository }
  return occasionOf({ ...facts, ...(projectFiles && { projectFiles }) }, variables)
}

const FILE = '.gitlab-ci.yml'

export const place = (line: number) => ({ file: FILE, line, column: 7 })

/** A rule with its condition, if it has one, on the same line. */
export function aRule(line: number, rule: Omit<Rule, 'at' | 'if'> & { readonly if?: string }): Rule {
  const { if: text, ...rest } = rule
  return { at: place(line), ...rest, ...(text !== undefined && { if: { text, at: place(line) } }) }
}
