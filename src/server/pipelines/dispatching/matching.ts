import type { LeaseRequest } from '../../../api/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'

/** What a runner has left for further jobs. */
export interface Free {
  cpu: number
  memoryBytes: number
}

type Wants = Pick<PlannedJob, 'labels' | 'image' | 'services' | 'resources'>
type Has = Pick<LeaseRequest, 'labels' | 'untagged' | 'images'>

/** Whether a runner is for a job at all: it has its labels, takes jobs without any, and runs images where it has one. */
export function isFor(runner: Has, job: Wants): boolean {
  const { labels = [] } = job
  if (labels.length === 0 && runner.untagged === false) return false
  if (needsImages(job) && !runner.images) return false
  return labels.every(label => runner.labels?.includes(label) ?? false)
}

/** Whether what the job takes is free. A runner that does not say how much it has goes by its slots alone. */
export function fits(free: Free | undefined, { resources }: Wants): boolean {
  if (!free || !resources) return true
  return (resources.cpu ?? 0) <= free.cpu && (resources.memoryBytes ?? 0) <= free.memoryBytes
}

export function take(free: Free | undefined, { resources }: Wants): void {
  if (!free || !resources) return
  free.cpu -= resources.cpu ?? 0
  free.memoryBytes -= resources.memoryBytes ?? 0
}

/** `waits for a runner with labels gpu, linux that runs images`. */
export function whyUnmatched(job: Wants): string {
  const labels = job.labels?.length
    ? `with label${job.labels.length > 1 ? 's' : ''} ${job.labels.join(', ')}`
    : 'that takes jobs without labels'
  return `waits for a runner ${labels}${needsImages(job) ? ' that runs images' : ''}`
}

function needsImages({ image, services }: Wants): boolean {
  return image !== undefined || (services?.length ?? 0) > 0
}
