/** What grouping asks of a job. */
export interface GroupedJob {
  readonly name: string
  readonly stage: string | null
  readonly needs: readonly string[]
}

export interface JobGroup<Job> {
  /** Unlike any job's name. */
  readonly key: string
  readonly name: string
  readonly jobs: readonly [Job, Job, ...Job[]]
}

/** What stands for itself in the picture: a job, or the jobs that one job of the file became. */
export type GraphItem<Job> =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'group'; readonly group: JobGroup<Job> }

/** Of `name: [a, b]`, `name 1/3`, `name 1:3` or `name 1 3` the name, as GitLab's pipeline graph groups them. */
export function groupName(job: string): string | undefined {
  return /^(.+?)(?:: \[.*\]| \d{1,5}[/: ]\d{1,5})$/s.exec(job)?.[1]
}

/** What of a job's name its group's does not say. */
export const memberName = (job: string, group: string): string => job.slice(group.length).replace(/^:? /, '')

/** Jobs of one stage that one job of the file became are a group, where its first stands; one alone is none. */
export function groupJobs<Job extends GroupedJob>(jobs: readonly Job[]): readonly GraphItem<Job>[] {
  const groups = new Map<string, { readonly key: string; readonly name: string; readonly jobs: Job[] }>()
  const keyOf = new Map<Job, string>()
  for (const job of jobs) {
    const name = groupName(job.name)
    if (name === undefined) continue
    const key = `\n${job.stage ?? ''}\n${name}`
    keyOf.set(job, key)
    const group = groups.get(key)
    if (group) group.jobs.push(job)
    else groups.set(key, { key, name, jobs: [job] })
  }
  return jobs.flatMap((job): GraphItem<Job>[] => {
    const group = groups.get(keyOf.get(job) ?? '')
    if (!group || !isGroup(group)) return [{ kind: 'job', job }]
    return group.jobs[0] === job ? [{ kind: 'group', group }] : []
  })
}

function isGroup<Job>(
  group: { readonly jobs: readonly Job[] } & Omit<JobGroup<Job>, 'jobs'>,
): group is JobGroup<Job> {
  return group.jobs.length > 1
}

export interface ItemNode {
  readonly name: string
  readonly needs: readonly string[]
  readonly stage: string | null
  readonly members: readonly string[]
}

/** Items as they are placed: a group needs what its jobs do, from outside of it. Each need once. */
export function itemNodes<Job extends GroupedJob>(
  items: readonly GraphItem<Job>[],
  isUnfolded: (group: string) => boolean,
): readonly ItemNode[] {
  const itemOf = new Map<string, string>()
  for (const item of items)
    if (item.kind === 'job') itemOf.set(item.job.name, item.job.name)
    else for (const { name } of item.group.jobs) itemOf.set(name, item.group.key)
  const needsOf = (name: string, jobs: readonly Job[]) => {
    const needs = new Set(jobs.flatMap(job => job.needs.flatMap(need => itemOf.get(need) ?? [])))
    needs.delete(name)
    return [...needs]
  }
  return items.map(item => {
    if (item.kind === 'job') {
      const { name, stage } = item.job
      return { name, stage, needs: needsOf(name, [item.job]), members: [] }
    }
    const { key, jobs } = item.group
    const members = isUnfolded(key) ? jobs.map(({ name }) => name) : []
    return { name: key, stage: jobs[0].stage, needs: needsOf(key, jobs), members }
  })
}

/** How many of each state, the ones to look at first. */
export function countStates<State extends string>(
  jobs: readonly { readonly state: State }[],
  order: readonly State[],
): readonly { readonly state: State; readonly n: number }[] {
  const counts = new Map<State, number>()
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1)
  return order.flatMap(state => {
    const n = counts.get(state)
    return n === undefined ? [] : [{ state, n }]
  })
}
