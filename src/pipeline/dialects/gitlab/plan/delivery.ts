import type { JobEnvironment, PlannedJob, TriggerWork } from '../../../types.ts'
import type { WrittenEnvironment } from '../keywords/job/delivery/environment.ts'
import { parsePeriod } from '../keywords/reader/durations.ts'
import type { DecidedJob } from './decided.ts'
import type { Expander } from './judge.ts'

type Expand = Expander['name']

/** Names are put together now; the address may have what the job itself tells in it. */
export function environmentOf(
  written: WrittenEnvironment,
  { expander, inEnvironment }: Pick<DecidedJob, 'expander' | 'inEnvironment'>,
): JobEnvironment {
  const { url, on_stop, action, auto_stop_in, deployment_tier } = written
  const autoStopIn =
    typeof auto_stop_in === 'string' ? parsePeriod(expander.name(auto_stop_in)) : auto_stop_in
  const name = expander.name(written.name)
  return {
    name,
    action: action ?? 'start',
    ...(url !== undefined && { url: inEnvironment(name).part(url) }),
    ...(on_stop && { onStop: on_stop.value }),
    ...(autoStopIn !== undefined && { autoStopIn }),
    ...(deployment_tier !== undefined && { tier: expander.name(deployment_tier) }),
  }
}

export function triggerOf(written: TriggerWork, expand: Expand): TriggerWork {
  const { target } = written
  if (target.kind === 'project') {
    const { project, branch } = target
    const other = { kind: 'project', project: expand(project) } as const
    return { ...written, target: { ...other, ...(branch !== undefined && { branch: expand(branch) }) } }
  }
  const sources = target.sources.map(source => {
    if (source.kind === 'template') return source
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
