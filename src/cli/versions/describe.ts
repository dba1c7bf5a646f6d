import type { DecisionView, LogEntry, ServingView, VariantView } from '../../api/index.ts'
import { formatDuration, formatPercent, formatSize } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'

/** A metric is a part of one or a figure with a unit that its name tells. */
const SHOWN_METRICS = 3

/** Like `git log`: the newest first, a paragraph each. */
export function describeLog(entries: readonly LogEntry[]): string {
  return entries.length === 0 ? 'Nothing yet.' : entries.map(describeEntry).join('\n\n')
}

function describeEntry(entry: LogEntry): string {
  return entry.kind === 'registered' ? describeVersion(entry) : describeMove(entry)
}

function describeVersion(entry: Extract<LogEntry, { kind: 'registered' }>): string {
  const { version, digest, names, parent, metrics, commit, expired, imported, by, variants } = entry
  const figures = Object.entries(metrics)
    .slice(0, SHOWN_METRICS)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
  return lines(
    `version v${version.number} ${digest}${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
    `Commit:  ${commit}`,
    ...(parent ? [`Parent:  v${parent.number}`] : []),
    `Date:    ${entry.at}${by === null ? '' : ` by ${by}`}${imported ? ', imported' : ''}`,
    ...(figures.length > 0 ? [`Figures: ${figures.join(', ')}`] : []),
    ...variants.map(variant => `Variant: ${describeVariant(variant)}`),
    ...(expired === null ? [] : [`Expired: ${expired}`]),
  )
}

/** `int8 (64 kB, 0.61 × the p50, 0.40 × the memory), chosen sha256:…` */
function describeVariant({ name, size, speed, memory, chosen, imported, digest }: VariantView): string {
  const figures = [
    formatSize(size),
    ...(speed === null ? [] : [`${speed.toFixed(2)} × the p50`]),
    ...(memory === null ? [] : [`${memory.toFixed(2)} × the memory`]),
  ]
  return `${name} (${figures.join(', ')})${chosen ? ', chosen' : ''}${imported ? ', imported' : ''} ${digest}`
}

function describeMove(entry: Extract<LogEntry, { kind: 'moved' }>): string {
  const { place, by, decision, reason, at } = entry
  return lines(
    `${place.name}${place.kind === 'alias' ? ' (alias)' : ''}: ${whatOf(entry)}`,
    `Date:    ${at}, asked by ${by}`,
    `Decided: ${whoOf(decision)}`,
    ...(reason === '' ? [] : ['', `    ${reason}`]),
  )
}

function whatOf({ event, version, before, weight, rollback }: Extract<LogEntry, { kind: 'moved' }>): string {
  const from = before ? `v${before.number}` : 'nothing'
  const to = `v${version.number}`
  switch (event) {
    case 'served':
      return `${from} -> ${to}${rollback ? ', a rollback' : ''}`
    case 'set':
      return `${from} -> ${to}`
    case 'removed':
      return `${to} removed`
    case 'canary':
      return `${to} as a canary at ${formatPercent(weight ?? 0)} beside ${from}`
    case 'aborted':
      return weight
        ? `canary ${to} aborted at ${formatPercent(weight)}, back to ${from}`
        : `${to} aborted before it took traffic, ${from} stays`
  }
}

/** Who or what decided, in words. */
export function whoOf(decision: DecisionView): string {
  if (decision.kind === 'person') return decision.by
  return decision.kind === 'analysis' ? 'the analysis of the canary' : 'the checks of its replicas'
}

/** What served when, the newest first. */
export function describeServing(intervals: readonly ServingView[], now: number = Date.now()): string {
  if (intervals.length === 0) return 'Nothing served.'
  const rows = intervals
    .toReversed()
    .map(({ version, as, from, until, weight, decision, rollback, ended, reason }) => [
      `v${version.number}`,
      `${as}${weight === null ? '' : ` ${formatPercent(weight, 0)}`}${rollback ? ' (rollback)' : ''}`,
      from,
      until ?? 'still',
      formatDuration(Math.max(0, (until === null ? now : Date.parse(until)) - Date.parse(from))),
      whoOf(ended?.decision ?? decision),
      clean(ended ? `${ended.as}: ${ended.reason}` : reason).slice(0, 80),
    ])
  return table(['VERSION', 'AS', 'FROM', 'UNTIL', 'FOR', 'DECIDED', 'WHY'], rows)
}

function lines(...all: readonly string[]): string {
  return all.map(line => (line.startsWith('    ') ? `    ${clean(line)}` : clean(line))).join('\n')
}
