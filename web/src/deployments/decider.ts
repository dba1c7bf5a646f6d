import type { DecisionView } from '../../../src/api/versions.ts'
import type { Translate } from '../i18n/index.tsx'

/** A person by name; the analysis or the checks of replicas by what they are. */
export function deciderOf(decision: DecisionView, t: Translate): string {
  return decision.kind === 'person' ? decision.by : t(`log.by.${decision.kind}`)
}
