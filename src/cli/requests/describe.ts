import { z } from 'zod'
import type { ArmQuality, PairQuality, Quality } from '../../api/index.ts'
import { decidedSchema } from '../../api/index.ts'
import { formatDuration, formatPercent } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'

const lineSchema = z.object({
  id: z.string(),
  at: z.string(),
  environment: z.string(),
  version: z.number().optional(),
  arm: z.string().optional(),
  status: z.number(),
  code: z.string().optional(),
  ms: z.number(),
  decided: decidedSchema.optional(),
})

/** Decisions of a batch that are shown. */
const SHOWN = 4

/** One request on one line; undefined for a line of another kind. */
export function describeRequest(json: string): string | undefined {
  const line = lineSchema.safeParse(JSON.parse(json)).data
  if (line === undefined) return undefined
  const { id, at, environment, version, arm, status, code, ms, decided = [] } = line
  const shown = decided.slice(0, SHOWN).map(({ label, index, value }) => label ?? index ?? value ?? '–')
  const more = decided.length > SHOWN ? [`… ${decided.length}`] : []
  return clean(
    [
      at,
      environment,
      version === undefined ? '–' : `v${version}`,
      arm ?? '–',
      code === undefined ? status : `${status} ${code}`,
      formatDuration(ms),
      id,
      [...shown, ...more].join(', '),
    ].join('  '),
  )
}

export function describeQuality({ arms, pairs }: Quality): string {
  if (arms.length === 0) return 'Nothing is known of its answers yet: ballast feedback tells what is right.'
  const head = [
    'VERSION',
    'ARM',
    'ROLLOUT',
    'LABELLED',
    'CORRECT',
    'WRONG',
    'ACCURACY',
    'ERROR',
    'SCORE',
    'REWARD',
  ]
  const tables = [table(head, arms.map(armRow))]
  if (pairs.length > 0) {
    const of = ['VERSION', 'SHADOW', 'ROLLOUT', 'BOTH RIGHT', 'VERSION ONLY', 'SHADOW ONLY', 'BOTH WRONG']
    tables.push(table(of, pairs.map(pairRow)))
  }
  return tables.join('\n\n')
}

function armRow({
  version,
  arm,
  rollout,
  labelled,
  correct,
  wrong,
  errors,
  scores,
  rewards,
}: ArmQuality): string[] {
  const examples = correct + wrong
  return [
    version,
    arm,
    stepOf(rollout),
    String(labelled),
    String(correct),
    String(wrong),
    examples === 0 ? '–' : formatPercent(correct / examples),
    meanOf(errors.absolute, errors.count),
    meanOf(scores.sum, scores.count),
    meanOf(rewards.sum, rewards.count),
  ]
}

function pairRow({
  primary,
  shadow,
  rollout,
  both,
  onlyPrimary,
  onlyShadow,
  neither,
}: PairQuality): string[] {
  return [primary, shadow, stepOf(rollout), ...[both, onlyPrimary, onlyShadow, neither].map(String)]
}

function stepOf(rollout: ArmQuality['rollout']): string {
  return rollout === undefined ? '–' : `${rollout.id} step ${rollout.step + 1}`
}

function meanOf(sum: number, count: number): string {
  return count === 0 ? '–' : `${Number((sum / count).toPrecision(4))} of ${count}`
}
