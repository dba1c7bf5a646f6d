import { formatMinute, formatPercent } from '../../core/index.ts'
import type { ApprovalFacts, Facts, Message, PipelineFacts, RolloutFacts } from './facts.ts'

/** The frame is Chinese; the reason stays as the rollout's history has it. */
export function chinese(facts: Facts): Message {
  const { link } = facts
  switch (facts.kind) {
    case 'test':
      return {
        title: `Ballast 会在这里通知 ${facts.project} 的动态`,
        reason: `这是 ${facts.by} 发起的测试。`,
        details: [['项目', facts.project]],
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
  number === undefined ? `${model} 的一个版本` : `${model} v${number}`

function rolloutTitle(facts: RolloutFacts): string {
  const { model, environment, version, stable, weight } = facts
  const it = numbered(model, version)
  const at = weight > 0 ? `(流量 ${formatPercent(weight)})` : ''
  switch (facts.kind) {
    case 'rollout.started':
      return `${it} 开始发布到 ${environment}`
    case 'rollout.held':
      return `${it} 在 ${environment} 停滞不前${at}`
    case 'rollout.paused':
      return `${it} 在 ${environment} 的发布已暂停${at}`
    case 'rollout.resumed':
      return `${it} 在 ${environment} 的发布已继续${at}`
    case 'rollout.overridden':
      return `${it} 不必等待 ${environment} 的日历`
    case 'rollout.promoted':
      return `${it} 已在 ${environment} 全量上线`
    case 'rollout.rolled-back':
      if (facts.isRollback) return `${environment} 已回到 ${it}`
      return `${it} 已从 ${environment} 回滚${stable === undefined ? '' : `,由 v${stable} 继续服务`}`
    case 'rollout.aborted':
      return `${it} 未能发布到 ${environment}`
    case 'rollout.superseded':
      return `${it} 在发布到 ${environment} 之前被更新的版本取代`
  }
}

function rolloutDetails(facts: RolloutFacts): Message['details'] {
  const { project, model, environment, version, stable, by, decision } = facts
  return [
    ['项目', project],
    ['模型', model],
    ['环境', environment],
    ...(version === undefined ? [] : [['版本', `v${version}`] as const]),
    ...(stable === undefined ? [] : [['之前', `v${stable}`] as const]),
    ['发起人', by],
    ...(decision
      ? [['决定者', decision.kind === 'person' ? decision.by : DECIDED[decision.kind]] as const]
      : []),
  ]
}

const DECIDED = { analysis: '统计分析', checks: '副本检查' } as const

function approvalTitle({ kind, model, version, environment, pipeline }: ApprovalFacts): string {
  const it = model === undefined ? `流水线 #${pipeline}` : numbered(model, version)
  return kind === 'approval.needed'
    ? `${it} 需要批准才能发布到 ${environment}`
    : `${it} 发布到 ${environment} 未在期限内获批准`
}

function approvalDetails(facts: ApprovalFacts): Message['details'] {
  const { project, model, environment, version, pipeline, job, until } = facts
  return [
    ['项目', project],
    ...(model === undefined ? [] : [['模型', model] as const]),
    ['环境', environment],
    ...(version === undefined ? [] : [['版本', `v${version}`] as const]),
    ['作业', `流水线 #${pipeline} 的 ${job}`],
    ...(until === undefined ? [] : [['截止', formatMinute(until)] as const]),
  ]
}

function pipelineTitle({ kind, pipeline, branch, project }: PipelineFacts): string {
  return kind === 'pipeline.failed'
    ? `${project} 的流水线 #${pipeline} 在 ${branch} 上失败`
    : `${project} 的流水线 #${pipeline} 成功,${branch} 已恢复正常`
}

function pipelineDetails({ project, branch, commit, title, by }: PipelineFacts): Message['details'] {
  return [
    ['项目', project],
    ['分支', branch],
    ['提交', `${commit.slice(0, 10)} ${title}`.trim()],
    ['提交者', by],
  ]
}
