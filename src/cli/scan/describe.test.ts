import { describe, expect, test } from 'vitest'
import { loadScanner, type ScanFinding, type ScanReport } from '../../formats/index.ts'
import { exitCode } from '../commands/scan.ts'
import { scanLines, scanText } from './describe.ts'

const { RULES } = await loadScanner()

const aFinding = (change: Partial<ScanFinding> = {}): ScanFinding => ({
  rule: 'pickle/dangerous-call',
  level: 'unsafe',
  what: 'os.system is called',
  at: { file: 'model.pkl', offset: 27 },
  ...change,
})

function aReport({ findings = [], unreadable = 0, omitted = 0 }: Partial<ReportFacts> = {}): ScanReport {
  const count = (level: ScanFinding['level']) => findings.filter(finding => finding.level === level).length
  const files = Array.from({ length: 1 + unreadable }, (_, i) => ({
    path: `file ${i}`,
    size: 1,
    formats: [],
    verdict: 'safe' as const,
    ...(i > 0 && { unreadable: 'it is locked' }),
  }))
  return {
    rules: '1',
    name: 'model',
    verdict: count('unsafe') > 0 ? 'unsafe' : count('unknown') + unreadable > 0 ? 'unknown' : 'safe',
    files,
    findings,
    counts: {
      files: files.length,
      unreadable,
      unsafe: count('unsafe'),
      unknown: count('unknown'),
      note: count('note'),
    },
    omitted,
  }
}
interface ReportFacts {
  readonly findings: readonly ScanFinding[]
  readonly unreadable: number
  readonly omitted: number
}

describe('exit status', () => {
  test.each([
    { what: 'safe', report: aReport(), status: 0 },
    { what: 'only notes', report: aReport({ findings: [aFinding({ level: 'note' })] }), status: 0 },
    { what: 'unsafe', report: aReport({ findings: [aFinding()] }), status: 1 },
    { what: 'unknown', report: aReport({ findings: [aFinding({ level: 'unknown' })] }), status: 1 },
    { what: 'unreadable', report: aReport({ unreadable: 1 }), status: 2 },
    {
      what: 'unsafe, and more unreadable',
      report: aReport({ findings: [aFinding()], unreadable: 1 }),
      status: 1,
    },
  ])('$what: $status', ({ report, status }) => {
    expect(exitCode(report)).toBe(status)
  })
})

describe('a summary', () => {
  test('counts, and names what is grave, the gravest first', () => {
    const findings = [
      aFinding({ level: 'note', what: 'a note' }),
      aFinding({ level: 'unknown', what: 'a stranger', at: { file: 'b', tensor: 't', key: 'k', line: 3 } }),
      aFinding(),
    ]
    expect(scanLines(aReport({ findings, unreadable: 1 }))).toEqual([
      'unsafe: 2 files, 2 findings, 1 unreadable',
      'unsafe: model.pkl, byte 27: os.system is called',
      'unknown: b, tensor t, key k, line 3: a stranger',
      'unreadable: file 1: it is locked',
    ])
  })

  test('is short, however much was found', () => {
    const lines = scanLines(aReport({ findings: Array.from({ length: 40 }, () => aFinding()) }))
    expect(lines).toHaveLength(14)
    expect(lines.at(-1)).toBe('and 28 more')
  })
})

describe('the whole', () => {
  test('has every finding with why it matters, its rule and its opcodes', () => {
    const trace = ['REDUCE at 27', 'TUPLE at 26']
    const findings = [
      ...Array.from({ length: 40 }, () => aFinding({ at: { file: 'model.pkl', trace } })),
      aFinding({ rule: 'secret/token', level: 'note', what: 'a token', at: { file: 'a', layer: 'l' } }),
    ]
    const lines = scanText(aReport({ findings, omitted: 7 }), RULES).split('\n')
    expect(lines[0]).toContain('model: unsafe: 1 file, 40 findings')
    expect(lines.filter(line => line === '    opcodes: REDUCE at 27 ← TUPLE at 26')).toHaveLength(40)
    expect(lines).toContain('note: a, layer l: a token')
    expect(lines).toContain(`    ${RULES['secret/token'].why} [secret/token]`)
    expect(lines.at(-1)).toBe('7 further findings are left out')
  })

  test('steers no terminal', () => {
    const at = { file: 'a\u001b[2J', node: '\u202en', trace: ['GLOBAL\n at 0'] }
    const text = scanText(aReport({ findings: [aFinding({ what: 'x\ry', at })] }), RULES)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(text).toContain('unsafe: a [2J, node  n: x y')
  })
})
