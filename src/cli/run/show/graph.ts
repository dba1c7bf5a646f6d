import type { Plan, PlannedJob } from '../../../pipeline/index.ts'
import { clean } from '../../output/clean.ts'
import { inStages, whenOf } from './list.ts'

/**
 * The jobs in columns of text: by stage, else by how many jobs they wait for in a row.
 *
 *   build
 *     compile
 *   test
 *     unit        ← compile
 *     lint        ← nothing
 */
export function graphText(plan: Plan): string {
  const groups = groupsOf(plan)
  const width = Math.max(0, ...plan.jobs.map(({ name }) => clean(name).length))
  return groups
    .flatMap(({ title, jobs }) => [
      title,
      ...jobs.map((job, n) => {
        const branch = n === jobs.length - 1 ? '└─' : '├─'
        const start =
          (job.start?.kind ?? 'on_success') === 'on_success' && !job.allowFailure ? '' : `  (${whenOf(job)})`
        return `${branch} ${`${clean(job.name).padEnd(width)}  ${arrowOf(job)}`.trimEnd()}${start}`
      }),
    ])
    .join('\n')
}

/** An arrow only where a job does not simply wait for the stages before it. */
function arrowOf({ needs, order }: PlannedJob): string {
  if (needs.length > 0) return `← ${needs.map(clean).join(', ')}`
  return order === 'dag' ? '← nothing' : ''
}

interface Group {
  readonly title: string
  readonly jobs: readonly PlannedJob[]
}

function groupsOf(plan: Plan): readonly Group[] {
  const { stages = [] } = plan
  const levels = levelsOf(plan.jobs)
  const groups = new Map<string, PlannedJob[]>()
  for (const job of inStages(plan)) {
    const inStage = job.stage !== undefined && stages.includes(job.stage)
    const title = inStage ? clean(job.stage!) : `step ${levels.get(job.name)! + 1}`
    const group = groups.get(title)
    if (group) group.push(job)
    else groups.set(title, [job])
  }
  return [...groups].map(([title, jobs]) => ({ title, jobs }))
}

/** How many jobs come before each, at the longest. `jobs` is sorted. */
function levelsOf(jobs: readonly PlannedJob[]): ReadonlyMap<string, number> {
  const levels = new Map<string, number>()
  for (const { name, needs } of jobs)
    levels.set(
      name,
      needs.reduce((most, need) => Math.max(most, (levels.get(need) ?? -1) + 1), 0),
    )
  return levels
}

/** The same for Mermaid, which GitHub and GitLab draw. */
export function graphMermaid(plan: Plan): string {
  const ids = new Map(plan.jobs.map(({ name }, n) => [name, `j${n}`]))
  const groups = groupsOf(plan)
  const boxes = groups.flatMap(({ title, jobs }, n) => [
    `  subgraph s${n}["${label(title)}"]`,
    ...jobs.map(job => `    ${ids.get(job.name)}["${label(job.name)}"]`),
    '  end',
  ])
  const needs = plan.jobs.flatMap(job => job.needs.map(need => `  ${ids.get(need)} --> ${ids.get(job.name)}`))
  const order = groups
    .slice(1)
    .flatMap(({ jobs }, n) =>
      jobs.some(job => job.order === 'stages' && job.needs.length === 0) ? [`  s${n} --> s${n + 1}`] : [],
    )
  return ['flowchart LR', ...boxes, ...needs, ...order].join('\n')
}

/** Text within quotes of a Mermaid label: its own marks as entities. */
function label(text: string): string {
  return clean(text).replace(/["&<>#;[\]{}()|`\\]/g, character => `#${character.codePointAt(0)};`)
}
