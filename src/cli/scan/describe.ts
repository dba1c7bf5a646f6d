import type { ScanFinding, ScanReport } from '../../formats/index.ts'
import { clean } from '../output/clean.ts'
import { paint } from '../report.ts'

type Rules = Readonly<Record<ScanFinding['rule'], { readonly why: string }>>

/** Findings in a summary; a report has them all. */
const SHOWN = 12

/** A scan in a few lines: the verdict, and its gravest findings. */
export function scanLines(report: ScanReport): string[] {
  const grave = report.findings.filter(({ level }) => level !== 'note')
  const more = grave.length - SHOWN
  return [
    verdictLine(report),
    ...sorted(grave).slice(0, SHOWN).map(line),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...unreadableLines(report),
  ]
}

/** The whole report for a terminal: each finding with why it is dangerous and what led to it. */
export function scanText(report: ScanReport, rules: Rules): string {
  const colour = report.verdict === 'safe' ? 'green' : report.verdict === 'unsafe' ? 'red' : 'yellow'
  const notes = report.omitted > 0 ? [`${report.omitted} further findings are left out`] : []
  return [
    paint(colour, `${clean(report.name)}: ${verdictLine(report)}`, process.stdout),
    ...sorted(report.findings).flatMap(finding => [line(finding), ...details(finding, rules)]),
    ...unreadableLines(report),
    ...notes,
  ].join('\n')
}

function verdictLine({ verdict, findings, counts: { files, unreadable } }: ScanReport): string {
  const grave = findings.filter(({ level }) => level !== 'note').length
  const found = grave === 0 ? 'nothing found' : counted(grave, 'finding')
  return `${verdict}: ${counted(files, 'file')}, ${found}${unreadable > 0 ? `, ${unreadable} unreadable` : ''}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
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
