import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { reportSummariesSchema } from '../../api/index.ts'
import type { FoundReport } from '../workspace/artifacts/keep.ts'
import { parseMetrics } from './metrics.ts'
import { readReports } from './read.ts'

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-reports-'))
})
afterEach(() => rm(workspace, { recursive: true, force: true }))

async function summaries(kind: FoundReport, ...contents: string[]) {
  const reports = contents.map((_, i) => ({ kind, path: `report-${i}` }))
  for (const [i, content] of contents.entries()) await writeFile(join(workspace, `report-${i}`), content)
  const read = await readReports(workspace, reports)
  expect(reportSummariesSchema.parse(read)).toEqual(read)
  return read!
}

const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="99">
  <testsuite name="outer" tests="4" failures="99">
    <testsuite name="inner">
      <testcase classname="shop.Cart" name="adds" time="0.5"/>
      <testcase classname="shop.Cart" name="removes" file="cart.test.ts" time="1,001.25">
        <failure message="expected 1, found 2" type="AssertionError">at cart.test.ts:3</failure>
        <error>never looked at</error>
      </testcase>
    </testsuite>
    <testcase name="breaks"><error type="TypeError"><![CDATA[x is <undefined>]]></error><system-out>noise</system-out></testcase>
    <testcase name="waits"><skipped/></testcase>
  </testsuite>
</testsuites>`

describe('test results', () => {
  test('are counted case by case, over all files', async () => {
    const { tests, problems } = await summaries(
      'junit',
      JUNIT,
      '<testsuite><testcase name="one"/></testsuite>',
    )
    expect(problems).toBeUndefined()
    expect(tests).toEqual({
      tests: 5,
      failures: 1,
      errors: 1,
      skipped: 1,
      seconds: 1001.75,
      failed: [
        {
          name: 'removes',
          suite: 'shop.Cart',
          file: 'cart.test.ts',
          kind: 'failure',
          message: 'expected 1, found 2',
        },
        { name: 'breaks', kind: 'error', message: 'x is <undefined>' },
      ],
    })
  })

  test('of thousands that failed tell some, shortened, and count all', async () => {
    const one = `<testcase name="${'n'.repeat(9000)}"><failure>${'m'.repeat(9000)}</failure></testcase>`
    const { tests } = await summaries('junit', `<testsuite>${one.repeat(300)}</testsuite>`)
    expect(tests).toMatchObject({ tests: 300, failures: 300 })
    expect(tests!.failed).toHaveLength(100)
    expect(tests!.failed[0]!.name).toHaveLength(400)
    expect(tests!.failed[0]!.message).toHaveLength(2000)
  })

  test.each([
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><testsuite/>'],
    ['half of it', JUNIT.slice(0, 300)],
    ['JSON', '{"tests": 12}'],
    ['nothing', ''],
  ])('that are %s are a problem, and no count', async (_what, text) => {
    const read = await summaries('junit', text)
    expect(read.tests).toBeUndefined()
    expect(read.problems?.[0]).toMatch(/^junit report report-0: /)
  })
})

test('coverage counts lines, those of methods once', async () => {
  const cobertura = `<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
    <coverage line-rate="0.99"><packages><package name="p"><classes>
      <class filename="a.ts"><methods><method name="m"><lines><line number="1" hits="1"/></lines></method></methods>
        <lines><line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="7"/></lines></class>
      <class filename="b.ts"><lines><line number="1" hits="0"/></lines></class>
    </classes></package></packages></coverage>`
  const jacoco = `<report name="r"><package name="com/shop"><sourcefile name="C.java"><line nr="1" mi="0" ci="2"/>
      <counter type="BRANCH" missed="4" covered="4"/><counter type="LINE" missed="1" covered="3"/></sourcefile>
      <counter type="LINE" missed="1" covered="3"/></package><counter type="LINE" missed="1" covered="3"/></report>`
  const { coverage } = await summaries('coverage', cobertura, jacoco)
  expect(coverage).toEqual({
    lines: 8,
    covered: 5,
    files: [
      { path: 'b.ts', lines: 1, covered: 0 },
      { path: 'a.ts', lines: 3, covered: 2 },
      { path: 'com/shop/C.java', lines: 4, covered: 3 },
    ],
  })
})

test.each([
  ['accuracy 0.93', [{ name: 'accuracy', value: 0.93 }]],
  ['latency{quantile="0.5"} 12 1520879607', [{ name: 'latency{quantile="0.5"}', value: 12 }]],
  ['odd{label="a } b \\" c"} -1e3', [{ name: 'odd{label="a } b \\" c"}', value: -1000 }]],
  ['# TYPE a counter\n\na 1\na 2\n# EOF', [{ name: 'a', value: 2 }]],
  ['a NaN\nb +Inf\nc 1e999\nd\n{} 1\ne 1 2 3\n__proto__ 4', [{ name: '__proto__', value: 4 }]],
  ['open{a="b 1', []],
])('figures of %j', (text, metrics) => {
  expect(parseMetrics(text)).toEqual(metrics)
})

describe('variables', () => {
  test('of several files: the last of a name counts', async () => {
    expect((await summaries('dotenv', 'A=1\nB=1', 'A=2')).variables).toEqual([
      { name: 'A', value: '2' },
      { name: 'B', value: '1' },
    ])
  })

  test('that can’t be read end the job', async () => {
    await expect(summaries('dotenv', 'A=1\n\nB')).rejects.toMatchObject({
      code: 'REPORT_INVALID',
      message: expect.stringContaining('line 2: expected NAME=value, found an empty line; line 3:'),
    })
  })
})

test('a link in a report’s place is not followed', async () => {
  await symlink('/etc/passwd', join(workspace, 'link'))
  const read = await readReports(workspace, [{ kind: 'junit', path: 'link' }])
  expect(read).toEqual({ problems: [expect.stringContaining('junit report link: ELOOP')] })
})

test('a job without reports has no summary', async () => {
  expect(await readReports(workspace, [])).toBeUndefined()
})

test('of one job only so much is read, over all reports', async () => {
  const reports = ['a', 'b', 'c'].map(path => ({ kind: 'junit', path }) as const)
  for (const { path } of reports) {
    await writeFile(join(workspace, path), '')
    await truncate(join(workspace, path), 128 * 1024 * 1024)
  }
  const read = await readReports(workspace, reports)
  expect(read?.problems).toEqual([
    expect.stringContaining('junit report a: there is text outside'),
    expect.stringContaining('junit report b: there is text outside'),
    'junit report c: of one job 268435456 bytes of reports are read; this would be more',
  ])
})
