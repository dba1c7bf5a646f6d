import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDiagnostic, hasErrors, nearestName } from './diagnostics.ts'

const at = { file: 'ballast.yaml', line: 3, column: 5 }

test.each([
  [{}, 'ballast.yaml:3:5: error: Unknown key'],
  [{ expected: 'x', found: 'y' }, 'ballast.yaml:3:5: error: Unknown key: expected x, found y'],
  [{ found: 'y' }, 'ballast.yaml:3:5: error: Unknown key: found y'],
  [{ hint: 'did you mean z?' }, 'ballast.yaml:3:5: error: Unknown key (did you mean z?)'],
])('%j is told in one line', (facts, line) => {
  const diagnostic = { severity: 'error', code: 'UNKNOWN_KEY', message: 'Unknown key', at, ...facts } as const
  expect(formatDiagnostic(diagnostic)).toBe(line)
})

test('warnings are no errors', () => {
  const warning = { severity: 'warning', code: 'X', message: 'm', at } as const
  expect(hasErrors([warning])).toBe(false)
  expect(hasErrors([warning, { ...warning, severity: 'error' }])).toBe(true)
})

describe('nearestName', () => {
  const names = ['metrics', 'data', 'limit', 'fields']
  test.each([
    ['metircs', 'metrics'],
    ['Data', 'data'],
    ['dat', 'data'],
    ['limits', 'limit'],
    ['feilds', 'fields'],
    ['optimize', undefined],
    ['', undefined],
    ['zz', undefined],
  ])('%j is near to %s', (found, near) => {
    expect(nearestName(found, names)).toBe(near)
  })
  test('one edit is always near', () => {
    const word = fc.stringMatching(/^[a-z]{4,12}$/)
    fc.assert(
      fc.property(word, fc.nat(), (name, where) => {
        const i = where % (name.length - 1)
        const swapped = name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2)
        expect(nearestName(swapped, [name])).toBe(name)
        expect(nearestName(name.slice(0, i) + name.slice(i + 1), [name])).toBe(name)
        expect(nearestName(`${name.slice(0, i)}x${name.slice(i)}`, [name])).toBe(name)
      }),
    )
  })
})
