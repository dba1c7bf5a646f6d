import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../src/core/index.ts'
import { scanSource } from '../../../src/formats/scan/index.ts'
import { PICKLE_ATTACKS } from './pickle-attacks.ts'

const scan = (content: Uint8Array, name = 'model.pkl') => scanSource(sourceOf(content, name))

describe('attacks in pickles', () => {
  test.each(PICKLE_ATTACKS)('$name', async ({ content, rule, verdict }) => {
    const report = await scan(content)
    expect(report.findings.map(finding => finding.rule)).toContain(rule)
    expect(report.verdict).toBe(verdict ?? 'unsafe')
  })
})
