import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

interface Cruise {
  readonly summary: {
    readonly totalCruised: number
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
    }[]
  }
}

test('the parts import only what the law of imports allows', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'json',
      'src',
      'web/src',
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  expect(stdout, stderr).not.toBe('')
  const { summary } = JSON.parse(stdout) as Cruise
  // A cruiser that understood no TypeScript reports success over nothing.
  expect(summary.totalCruised).toBeGreaterThan(50)
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([])
})
