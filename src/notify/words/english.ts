import { formatMinute, formatPercent } from '../../core/index.ts'
import type { ApprovalFacts, Facts, Message, PipelineFacts, RolloutFacts } from './facts.ts'

export function english(facts: Facts): Message {
  const { link } = facts
  switch (facts.kind) {
    case 'test':
      return {
        title: `Ballast tells ${facts.project}'s news here`,
        reason: `${facts.by} asked for this test.`,
        details: [['Project', facts.project]],
        link,
      }
    case 'pipeline.failed':
    case 'pipeline.fixed':
      return { title: pipelineTitle(facts), reason: facts.reason, details: pipelineDetails(facts), link }
    case 'approval.needed':
    case 'approval.expired':
      return { title: approvalTitle(facts), reason: facts.reason, details: approvalDetails(facts), link }
    default:
      return { title: rolloutTitle(facts), reason: facts.reason, details: rolloutDetails(facts), link }
  }
}

const numbered = (model: string, number: number | undefined) =>
  number === undefined ? `A version of ${model}` : `${model} v${number}`

function rolloutTitle(facts: RolloutFacts): string {
  const { model, environment, version, stable, weight } = facts
  const it = numbered(model, version)
  const at = weight > 0 ? ` at ${formatPercent(weight)}` : ''
  switch (facts.kind) {
    case 'rollout.started':
      return `${it} is on its way to ${environment}`
    case 'rollout.held':
      return `${it} stands still in ${environment}${at}`
    case 'rollout.paused':
      return `${it} was paused in ${environment}${at}`
    case 'rollout.resumed':
      return `${it} goes on in ${environment}${at}`
    case 'rollout.overridden':
      return `${it} need not wait for the calendar of ${environment}`
    case 'rollout.promoted':
      return `${it} serves ${environment}`
    case 'rollout.rolled-back':
      if (facts.isRollback) return `${environment} is back at ${it}`
      return `${it} was rolled back in ${environment}${stable === undefined ? '' : `; v${stable} serves`}`
    case 'rollout.aborted':
      return `${it} did not come to ${environment}`
    case 'rollout.superseded':
      return `${it} made way for a newer version on its way to ${environment}`
  }
}

function rolloutDetails(facts: RolloutFacts): Message['details'] {
  const { project, model, environment, version, stable, by, decision } = facts
  return [
    ['Project', project],
    ['Model', model],
    ['Environment', environment],
    ...(version === undefined ? [] : [['Version', `v${version}`] as const]),
    ...(stable === undefined ? [] : [['Before', `v${stable}`] as const]),
    ['Asked by', by],
    ...(decision
      ? [['Decided by', decision.kind === 'person' ? decision.by : DECIDED[decision.kind]] as const]
      : []),
  ]
}

const DECIDED = { analysis: 'the analysis', checks: 'the checks of its replicas' } as const

function approvalTitle({ kind, model, version, environment, pipeline }: ApprovalFacts): string {
  const it = model === undefined ? `Pipeline #${pipeline}` : numbered(model, version)
  return kind === 'approval.needed'
    ? `${it} needs approval for ${environment}`
    : `Nobody approved ${it} for ${environment} in time`
}

function approvalDetails(facts: ApprovalFacts): Message['details'] {
  const { project, model, environment, version, pipeline, job, until } = facts
  return [
    ['Project', project],
    ...(model === undefined ? [] : [['Model', model] as const]),
    ['Environment', environment],
    ...(version === undefined ? [] : [['Version', `v${version}`] as const]),
    ['Job', `${job} of pipeline #${pipeline}`],
    ...(until === undefined ? [] : [['Until', formatMinute(until)] as const]),
  ]
}

function pipelineTitle({ kind, pipeline, branch, project }: PipelineFacts): string {
  return kind === 'pipeline.failed'
    ? `Pipeline #${pipeline} of ${project} failed on ${branch}`
    : `Pipeline #${pipeline} of ${project} succeeded: ${branch} is well again`
}

function pipelineDetails({ project, branch, commit, title, by }: PipelineFacts): Message['details'] {
  return [
    ['Project', project],
    ['Branch', branch],
    ['Commit', `${commit.slice(0, 10)} ${title}`.trim()],
    ['By', by],
  ]
}
