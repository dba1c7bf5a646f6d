/**
 * Every estimator that is converted, of every version of scikit-learn that is there, over 1,000 rows (or as many as its
 * data set has): labels that differ from scikit-learn's own, and the largest difference of numbers,
 * |ours − theirs| / (0.1 + |theirs|). A line for each version and family, and one for each case that is beyond its
 * tolerance.
 *
 *   node bench/convert/sklearn-versions.ts PYTHON… [--family text] [--rows 1000]
 *
 * Each Python has its own scikit-learn, with pandas.
 */
import { execFileSync } from 'node:child_process'

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { answersOf, type Case, casesIn, differences } from '../../test/fixtures/convert/sklearn/cases.ts'

const { values, positionals: pythons } = parseArgs({
  allowPositionals: true,
  options: {
    family: { type: 'string', multiple: true },
    rows: { type: 'string', default: '1000' },
    case: { type: 'string' },
  },
})
const fixtures = new URL('../../test/fixtures/convert/sklearn/', import.meta.url).pathname
const families =
  values.family ?? readdirSync(fixtures).filter(name => existsSync(join(fixtures, name, 'make.py')))

interface Outcome {
  readonly name: string
  readonly rows: number
  readonly labels: number
  readonly floats: number
  readonly error?: string
}

async function outcomeOf(item: Case): Promise<Outcome> {
  const rows = Object.values(item.outputs)[0]?.shape[0] ?? 0
  try {
    const { outputs } = await answersOf(item)
    const found = differences(outputs, item)
    const worst = (kind: 'floats' | 'labels'): number =>
      Math.max(0, ...found.filter(entry => entry.kind === kind).map(({ difference }) => difference))
    return { name: item.name, rows, labels: worst('labels'), floats: worst('floats') }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { name: item.name, rows, labels: 0, floats: 0, error: text.split('\n')[0]!.slice(0, 200) }
  }
}

async function familyOf(python: string, version: string, family: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sklearn-'))
  try {
    const make = join(fixtures, family, 'make.py')
    execFileSync(python, [make, '--out', folder, '--rows', values.rows], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const all = (await casesIn(folder)).filter(
      ({ name }) => values.case === undefined || name === values.case,
    )
    const outcomes: Outcome[] = []
    const beyond: string[] = []
    for (const item of all) {
      const outcome = await outcomeOf(item)
      outcomes.push(outcome)
      const { name, rows, labels, floats, error } = outcome
      if (error !== undefined) beyond.push(`    ${name}: ${error}`)
      else if (labels > 0 || floats > item.tolerance)
        beyond.push(`    ${name}: ${labels} of ${rows} labels, numbers ${floats.toExponential(1)}`)
    }
    const most = (pick: (outcome: Outcome) => number): number =>
      outcomes.reduce((sum, outcome) => Math.max(sum, pick(outcome)), 0)
    const rows = most(outcome => outcome.rows)
    const within = outcomes.filter(({ floats }) => floats <= 1e-5).length
    console.log(
      `${version.padEnd(8)} ${family.padEnd(14)} ${outcomes.length} cases of up to ${rows} rows, ${within} within 1e-5, largest ${most(({ floats }) => (Number.isFinite(floats) ? floats : 0)).toExponential(1)}; ${beyond.length} beyond their tolerance`,
    )
    for (const line of beyond) console.log(line)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const python of pythons) {
  const version = execFileSync(python, ['-c', 'import sklearn; print(sklearn.__version__)'], {
    encoding: 'utf8',
  }).trim()
  for (const family of families) await familyOf(python, version, family)
}
