import { formatDuration, formatPercent } from '../../../core/index.ts'
import type { Frequency } from '../../../rollout/index.ts'
import { table } from '../../output/table.ts'
import type { Row, Simulated } from './simulate.ts'

export function describeSimulated({ plan, looks, rows }: Simulated): string {
  const every = `a look every ${formatDuration(plan.lookMs)}, ${formatDuration(plan.totalMs)} at most`
  return [
    `${plan.runs.toLocaleString('en')} rollouts in each row by the rule '${plan.rule}', ${looks.toLocaleString('en')} looks (${every}), budget ${formatPercent(1 - plan.confidence)}, seed ${plan.seed}`,
    '',
    table(['CANARY', 'STREAM', 'ROLLED BACK', 'AFTER', 'PROMOTED', 'AFTER', 'UNDECIDED'], rows.map(cellsOf)),
    '',
    'Rolled back: of a healthy canary the false rollbacks, of any other the power. In brackets the 95 % interval of the simulation; after: medians, requests of both arms.',
  ].join('\n')
}

function cellsOf({ canary, stream, rolledBack, promoted, rolledBackAfter, promotedAfter }: Row): string[] {
  return [
    canary,
    stream,
    frequency(rolledBack),
    after(rolledBackAfter),
    frequency(promoted),
    after(promotedAfter),
    formatPercent(Math.max(0, 1 - rolledBack.part - promoted.part), 1),
  ]
}

function frequency({ part, interval: [low, high] }: Frequency): string {
  return `${formatPercent(part, 1)} [${formatPercent(low, 1)}, ${formatPercent(high, 1)}]`
}

function after(median: Row['rolledBackAfter']): string {
  return median === undefined
    ? '–'
    : `${median.requests.toLocaleString('en')} in ${formatDuration(median.seconds * 1000)}`
}
