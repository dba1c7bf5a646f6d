import type { ScanFinding, ScanReport } from '../../formats/index.ts'
import { clean } from '../inspect/describe.ts'
import { paint } from '../report.ts'

type Rules = Readonly<Record<ScanFinding['rule'], { readonly why: string }>>

/** Findings in a summary; a report has them all. */
const SHOWN = 12

/** A scan in a few lines: the verdict, and its gravest findings. */
export function scanLines(report: ScanReport): string[] {
  const grave = report.findings.filter(({ level }) => level !== 'note')
  const { files, unreadable } = report.counts
  const counted = `${files} ${files === 1 ? 'file' : 'files'}`
  const found =
    grave.length === 0 ? 'nothing found' : `${grave.length} ${grave.length === 1 ? 'finding' : 'findings'}`
  const more = grave.length - SHOWN
  return [
    `${report.verdict}: ${counted}, ${found}${unreadable > 0 ? `, ${unreadable} unreadable` : ''}`,
    ...sorted(grave).slice(0, SHOWN).map(line),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...unreadableLines(report),
  ]
}

/** The whole report for a terminal: each finding with why it is dangerous and what led to it. */
export function scanText(report: ScanReport, rules: Rules): string {
  const [verdict, ...rest] = scanLines({ ...report, findings: [] })
  const counts = report.findings.filter(({ level }) => level !== 'note').length
  const colour = report.verdict === 'safe' ? 'green' : report.verdict === 'unsafe' ? 'red' : 'yellow'
  const head = verdict!.replace('nothing found', counts === 0 ? 'nothing found' : `${counts} findings`)
  const notes = report.omitted > 0 ? [`${report.omitted} further findings are left out`] : []
  return [
    paint(colour, `${clean(report.name)}: ${head}`, process.stdout),
    ...sorted(report.findings).flatMap(finding => [line(finding), ...details(finding, rules)]),
    ...rest,
    ...notes,
  ].join('\n')
}

function details({ rule, at }: ScanFinding, rules: Rules): string[] {
  const trace = at.trace?.length ? [`    opcodes: ${at.trace.map(clean).join(' ← ')}`] : []
  return [`    ${rules[rule].why} [${rule}]`, ...trace]
}

function line({ level, what, at }: ScanFinding): string {
  return `${level}: ${placeOf(at)}: ${clean(what)}`
}

function placeOf({ file, offset, tensor, layer, node, key, line }: ScanFinding['at']): string {
  const parts = [
    offset === undefined ? undefined : `byte ${offset}`,
    tensor === undefined ? undefined : `tensor ${tensor}`,
    layer === undefined ? undefined : `layer ${layer}`,
    node === undefined ? undefined : `node ${node}`,
    key === undefined ? undefined : `key ${key}`,
    line === undefined ? undefined : `line ${line}`,
  ]
  return clean([file, ...parts.filter(part => part !== undefined)].join(', '))
}

const ORDER = { unsafe: 0, unknown: 1, note: 2 } as const

function sorted(findings: readonly ScanFinding[]): readonly ScanFinding[] {
  return findings.toSorted((a, b) => ORDER[a.level] - ORDER[b.level])
}

function unreadableLines({ files }: ScanReport): string[] {
  return files.flatMap(({ path, unreadable }) =>
    unreadable === undefined ? [] : [`unreadable: ${clean(path)}: ${clean(unreadable)}`],
  )
}
