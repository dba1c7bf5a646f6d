import type { PlannedJob, TriggerWork } from './types.ts'

/**
 * Variables of a pipeline and of its jobs that nobody knows before they are made. A dialect leaves them as `${NAME}`
 * in what it puts together itself, and whoever makes the pipeline puts them in.
 */
export const LATE_VARIABLES = [
  'CI_JOB_ID',
  'CI_JOB_URL',
  'CI_PIPELINE_CREATED_AT',
  'CI_PIPELINE_ID',
  'CI_PIPELINE_IID',
  'CI_PIPELINE_URL',
] as const

const REFERENCE = new RegExp(`\\$\\{(${LATE_VARIABLES.join('|')})\\}`, 'g')

/** Whether a text waits for one of them. */
export function isLate(text: string): boolean {
  return text.search(REFERENCE) >= 0
}

type Known = (name: string) => string | undefined

/** A text with what is known now; what is not is empty. */
export function withLateText(text: string, known: Known): string {
  return text.replaceAll(REFERENCE, (_, name: string) => known(name) ?? '')
}

/** A job with what is known now in its address, group, labels, question and target. */
export function withLateValues(job: PlannedJob, known: Known): PlannedJob {
  const put = (text: string): string => withLateText(text, known)
  const { environment, resourceGroup, labels, work, start } = job
  return {
    ...job,
    ...(environment?.url !== undefined && { environment: { ...environment, url: put(environment.url) } }),
    ...(resourceGroup && { resourceGroup: { name: put(resourceGroup.name) } }),
    ...(labels && { labels: labels.map(put) }),
    ...(work.kind === 'trigger' && { work: { ...work, target: targetOf(work.target, put) } }),
    ...(start?.kind === 'manual' &&
      start.confirmation !== undefined && { start: { ...start, confirmation: put(start.confirmation) } }),
  }
}

function targetOf(target: TriggerWork['target'], put: (text: string) => string): TriggerWork['target'] {
  if (target.kind === 'latest') return { ...target, project: put(target.project) }
  if (target.kind === 'project') {
    const { project, branch } = target
    return { ...target, project: put(project), ...(branch !== undefined && { branch: put(branch) }) }
  }
  const sources = target.sources.map(source => {
    if (source.kind === 'template') return source
    if (source.kind === 'component') return { ...source, address: put(source.address) }
    if (source.kind === 'remote') return { ...source, url: put(source.url) }
    if (source.kind !== 'project') return { ...source, file: put(source.file) }
    const { project, file, ref } = source
    return { ...source, project: put(project), file: put(file), ...(ref !== undefined && { ref: put(ref) }) }
  })
  return { ...target, sources }
}
