import { redactor } from '../../log/redact.ts'
import { readReports } from '../../reports/read.ts'
import { findKept } from '../../workspace/artifacts/keep.ts'
import type { Conclusion } from '../folder.ts'
import type { Concluding } from './conclude.ts'
import { putFiles } from './put-files.ts'

type KeptFiles = Pick<Conclusion, 'artifacts' | 'reports' | 'reportSummaries'>

/**
 * Keeps a job's artifacts and reports, and reads the reports. Throws ARTIFACT_MISSING, ARTIFACTS_TOO_LARGE,
 * REPORT_INVALID, and what the control plane's routes throw.
 */
export function keepFiles(concluding: Concluding, outcome: 'succeeded' | 'failed'): Promise<KeptFiles> {
  const { folder } = concluding
  const { artifactRules, artifacts } = folder.offer
  const isDue = artifactRules !== undefined || (outcome === 'succeeded' && artifacts.length > 0)
  if (!isDue) return Promise.resolve({ artifacts: [] })
  return folder.section('upload_artifacts', 'Keeping files', () => keepDue(concluding, outcome))
}

async function keepDue(concluding: Concluding, outcome: 'succeeded' | 'failed'): Promise<KeptFiles> {
  const { folder, routes, signal, seenAt } = concluding
  const { offer, places } = folder
  const { workspace } = places
  const rules = offer.artifactRules
  const tracked = rules?.untracked ? await folder.tracked() : undefined
  const kept = await findKept({
    workspace,
    paths: offer.artifacts,
    outcome,
    seenAt,
    ...(rules && { rules }),
    ...(tracked && { tracked }),
  })
  for (const note of kept.notes) await folder.say(note)
  const summaries = await readReports(workspace, kept.reports)
  return {
    artifacts: await putFiles(workspace, kept.files, routes, signal),
    ...(kept.reports.length > 0 && { reports: [...kept.reports] }),
    // A test's message may quote what the log would not show.
    ...(summaries && { reportSummaries: redactor(offer.secrets)(summaries) }),
  }
}
