import type {
  CheckReportView,
  CollectReportView,
  FindingView,
  ProjectUsageView,
  StoreStatsView,
} from '../../api/index.ts'
import { formatPercent, formatSize } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { ago } from '../output/print.ts'
import { table } from '../output/table.ts'

/** What a report names of many. */
const MAX_SHOWN = 20

const SAVINGS = [
  ['dedupe', 'the same pieces in several objects'],
  ['delta', 'differences to an earlier version'],
  ['planes', 'entropy coding of tensors'],
  ['zstd', 'zstd of everything else'],
  ['overhead', 'recipes and indexes'],
] as const

export function describeStats(stats: StoreStatsView): string {
  const { logicalBytes, storedBytes, saved, warm, waiting, failures } = stats
  const part = logicalBytes > 0 ? ` (${formatPercent(storedBytes / logicalBytes, 1)})` : ''
  const rows = SAVINGS.filter(([name]) => saved[name] !== 0).map(([name, what]) => [
    name,
    signed(saved[name]),
    what,
  ])
  return [
    `${stats.objects} objects of ${formatSize(logicalBytes)} are stored in ${formatSize(storedBytes)}${part}`,
    `${stats.packed} of them packed: ${stats.packs} packs, ${stats.chunks} chunks`,
    ...(rows.length > 0 ? ['', table(['SAVED BY', 'BYTES', ''], rows)] : []),
    '',
    `warm copies: ${warm.files} of ${formatSize(warm.bytes)}, at most ${formatSize(warm.budget)}`,
    `waiting to be packed: ${waiting.objects} of ${formatSize(waiting.bytes)}`,
    ...failures
      .slice(0, MAX_SHOWN)
      .map(({ digest, size, problem }) => clean(`${digest.slice(0, 19)} (${formatSize(size)}): ${problem}`)),
    ...more(failures.length),
  ].join('\n')
}

function signed(bytes: number): string {
  return bytes < 0 ? `-${formatSize(-bytes)}` : formatSize(bytes)
}

function more(count: number): string[] {
  return count > MAX_SHOWN ? [`… and ${count - MAX_SHOWN} more (--json shows them)`] : []
}

export function describeUsage({ project, objects, bytes, quota }: ProjectUsageView): string {
  const limit = quota === null ? 'no limit' : `of ${formatSize(quota)}`
  return `${project}: ${objects} objects, ${formatSize(bytes)}, ${limit}`
}

export function describeCollection(report: CollectReportView, dryRun: boolean): string {
  const { objects, live, young, removed, removedCount, removedBytes } = report
  const rows = removed
    .slice(0, MAX_SHOWN)
    .map(({ digest, size, touchedAt }) => [
      digest.slice(0, 19),
      formatSize(size),
      `nothing refers to it; put ${ago(touchedAt)}`,
    ])
  const packs = `${report.packsRemoved} packs removed, ${report.packsRewritten} written again`
  return [
    `${objects} objects: ${live} in use, ${young} kept because they are young`,
    ...(rows.length > 0 ? ['', table([dryRun ? 'WOULD GO' : 'REMOVED', 'SIZE', 'WHY'], rows)] : []),
    ...more(removedCount),
    '',
    `${dryRun ? 'would remove' : 'removed'} ${removedCount} objects of ${formatSize(removedBytes)}; ${packs}; ${formatSize(report.freedBytes)} of disk`,
  ].join('\n')
}

export function findingLine({ kind, message, done, neededBy = [] }: FindingView): string {
  const who = neededBy.length > 0 ? `; needed by ${neededBy.join('; ')}` : ''
  return clean(`${kind}${done ? ` (${done})` : ''}: ${message}${who}`)
}

export function describeCheck({ objects, packs, chunks, bytes, findings, damaged }: CheckReportView): string {
  const looked = `${objects} objects, ${packs} packs and ${chunks} chunks, ${formatSize(bytes)}`
  if (findings.length === 0) return `${looked}: all sound`
  const lost = damaged > 0 ? `${damaged} objects can not be read` : 'no object is lost'
  return `${looked}: ${findings.length} findings, ${lost}`
}
