import type { PolicyView } from '../../../../src/api/views.ts'
import type { Format } from '../../i18n/format.ts'
import type { Translate } from '../../i18n/index.tsx'

export interface Line {
  readonly name: string
  readonly values: readonly string[]
  /** Written as in files: branches, gates, windows. */
  readonly isCode: boolean
}

/** A policy in words, what it does not ask for among them. */
export function policyLines(policy: PolicyView, t: Translate, format: Format): readonly Line[] {
  const { branches, approvers, approval, from, gates, maxFirstStep, predictions, limits, calendar } = policy
  const none = t('common.none')
  const code = (name: string, values: readonly string[]): Line =>
    values.length > 0 ? { name, values, isCode: true } : { name, values: [none], isCode: false }
  const words = (name: string, ...values: readonly string[]): Line => ({
    name,
    values: values.length > 0 ? values : [none],
    isCode: false,
  })
  return [
    code(t('policies.branches'), branches),
    words(
      t('policies.approval'),
      ...(approvers ? [t(`policies.approvers.${approvers}`)] : []),
      ...(approval?.byOthers ? [t('policies.byOthers')] : []),
      ...(approval?.expiresMs === undefined
        ? []
        : [t('policies.expires', { time: format.duration(approval.expiresMs) })]),
    ),
    ...(from === undefined ? [] : [code(t('policies.from'), [from])]),
    code(t('job.gates'), gates),
    words(t('policies.firstStep'), t('policies.atMost', { share: format.percent(maxFirstStep) })),
    code(t('policies.freeze'), calendar?.freeze ?? []),
    code(t('policies.schedule'), calendar?.schedule ?? []),
    words(t('policies.predictions'), t(`policies.predictions.${predictions}`)),
    words(
      t('policies.limits'),
      ...(limits?.rate ? [t('policies.rate', limitOf(limits.rate, format))] : []),
      ...(limits?.quota
        ? [t(`policies.per.${limits.quota.per}`, { requests: format.number(limits.quota.requests) })]
        : []),
      ...(limits?.priority === undefined ? [] : [t('policies.priority', { priority: limits.priority })]),
    ),
  ]
}

function limitOf(
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  format: Format,
): { readonly rate: string; readonly burst: string } {
  return { rate: format.number(perSecond), burst: format.number(burst) }
}
