import { quote } from '../../../../yaml/located.ts'
import type { WrittenConfig } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'

/** `on_stop` names a job that stops the same environment. */
export function checkEnvironments({ jobs }: WrittenConfig, findings: KeywordFindings): void {
  const byName = new Map(jobs.map(job => [job.name, job]))
  for (const { keys } of jobs) {
    const stop = keys.environment?.on_stop
    if (!stop) continue
    const job = byName.get(stop.value)
    const tell = (message: string, facts = {}) =>
      findings.error(stop.at, 'BAD_VALUE', `'on_stop' names ${quote(stop.value)}, ${message}`, facts)
    if (!job) tell('and there is no such job', findings.nearest(stop.value, [...byName.keys()]))
    else if (!job.keys.environment) tell('which has no environment')
    else if (job.keys.environment.action !== 'stop') tell("which does not stop it: it has no 'action: stop'")
    else if (job.keys.environment.name !== keys.environment?.name) tell('which stops another environment')
  }
}
