import type { Milliseconds } from '../../../../../core/index.ts'
import { isLate } from '../../../../late.ts'
import type { JobEnvironment, PlannedJob, TriggerWork } from '../../../../types.ts'
import { quote } from '../../../../yaml/located.ts'
import type { WrittenEnvironment } from '../../keywords/job/delivery/environment.ts'
import { parsePeriod } from '../../keywords/reader/durations.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import type { DecidedJob } from '../decided.ts'
import type { Expander } from '../judge.ts'

type Expand = Expander['name']

/** Names are put together now; the address may have what the job itself tells in it. */
export function environmentOf(
  written: WrittenEnvironment,
  { instance, inEnvironment }: DecidedJob,
  expander: Expander,
  findings: KeywordFindings,
): JobEnvironment {
  const { url, on_stop, action, auto_stop_in, deployment_tier } = written
  const autoStopIn = auto_stop_in && lifetimeOf(auto_stop_in, expander, findings)
  const name = expander.name(written.name)
  if (name.trim() === '') {
    const facts = { found: quote(written.name) }
    findings.error(instance.job.at, 'BAD_VALUE', 'The name of the environment comes to nothing', facts)
  }
  if (isLate(name)) {
    const hint = 'take CI_COMMIT_REF_SLUG, or another variable that is known before the pipeline is made'
    const facts = { found: quote(written.name), hint }
    const message = 'The name of an environment has no ids or numbers of pipelines and jobs in it'
    findings.error(instance.job.at, 'BAD_VALUE', message, facts)
  }
  return {
    name,
    action: action ?? 'start',
    ...(url !== undefined && { url: inEnvironment(name).part(url) }),
    ...(on_stop && { onStop: on_stop.value }),
    ...(autoStopIn !== undefined && { autoStopIn }),
    ...(deployment_tier !== undefined && { tier: expander.name(deployment_tier) }),
  }
}

function lifetimeOf(
  { value, at }: NonNullable<WrittenEnvironment['auto_stop_in']>,
  expander: Expander,
  findings: KeywordFindings,
): Milliseconds | undefined {
  const text = typeof value === 'string' ? expander.name(value) : value
  if (typeof text === 'number' || text === 'never') return text === 'never' ? undefined : text
  const read = parsePeriod(text)
  const facts = { expected: "a period such as '1 day'", found: quote(text) }
  return read ?? findings.error(at, 'BAD_VALUE', 'Bad value of environment.auto_stop_in', facts)
}

/** It hands nothing on: the other pipeline is there already. */
export function mirrorOf(project: string): TriggerWork {
  return {
    kind: 'trigger',
    target: { kind: 'latest', project },
    strategy: 'mirror',
    forward: { yamlVariables: false, pipelineVariables: false },
    inputs: {},
  }
}

export function triggerOf(written: TriggerWork, expand: Expand): TriggerWork {
  const { target } = written
  if (target.kind === 'latest') return written
  if (target.kind === 'project') {
    const { project, branch } = target
    const other = { kind: 'project', project: expand(project) } as const
    return { ...written, target: { ...other, ...(branch !== undefined && { branch: expand(branch) }) } }
  }
  const sources = target.sources.map(source => {
    if (source.kind === 'template') return source
    if (source.kind === 'component') return { ...source, address: expand(source.address) }
    if (source.kind === 'remote') return { ...source, url: expand(source.url) }
    if (source.kind !== 'project') return { ...source, file: expand(source.file) }
    const { ref } = source
    const moved = { ...source, project: expand(source.project), file: expand(source.file) }
    return { ...moved, ...(ref !== undefined && { ref: expand(ref) }) }
  })
  return { ...written, target: { kind: 'child', sources } }
}

/** Tags of runners; one that comes to nothing asks for nothing. */
export function labelsOf(tags: readonly string[], expand: Expand): Pick<PlannedJob, 'labels'> {
  const labels = [...new Set(tags.map(expand))].filter(label => label !== '')
  return labels.length > 0 ? { labels } : {}
}
