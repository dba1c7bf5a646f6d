import { describe, expect, test } from 'vitest'
import { EvaluateError, gateFromFields, METRICS, parseGate } from '../index.ts'

test.each([
  ['accuracy >= 0.97', { metric: 'accuracy', comparison: '>=', value: 0.97 }],
  ['accuracy >= 97%', { metric: 'accuracy', comparison: '>=', value: 0.97 }],
  ['  accuracy>=97 %  ', { metric: 'accuracy', comparison: '>=', value: 0.97 }],
  ['f1_macro > 0.9', { metric: 'f1_macro', comparison: '>', value: 0.9 }],
  ['log_loss <= 0.08', { metric: 'log_loss', comparison: '<=', value: 0.08 }],
  ['rmse < 12.5', { metric: 'rmse', comparison: '<', value: 12.5 }],
  ['latency_p99 <= 5 ms', { metric: 'latency_p99', comparison: '<=', value: 5 }],
  ['latency_p50 <= 800us', { metric: 'latency_p50', comparison: '<=', value: 0.8 }],
  ['size <= 5 MB', { metric: 'size', comparison: '<=', value: 5_000_000 }],
  ['size <= 512 KiB', { metric: 'size', comparison: '<=', value: 524_288 }],
])('%s', (text, expected) => {
  expect(parseGate(text)).toEqual({ kind: 'threshold', text: text.trim(), ...expected })
})

test.each([
  ['accuracy non_inferior 0.005 versus production', { metric: 'accuracy', margin: 0.005, confidence: 0.95 }],
  [
    'accuracy non_inferior 0.5% versus production at 99%',
    { metric: 'accuracy', margin: 0.005, confidence: 0.99 },
  ],
  ['latency_p99 non_inferior 2 ms versus production', { metric: 'latency_p99', margin: 2, confidence: 0.95 }],
  ['size non_inferior 1 MB versus production at 0.9', { metric: 'size', margin: 1e6, confidence: 0.9 }],
])('%s', (text, expected) => {
  const gate = parseGate(text)
  expect(gate).toMatchObject({ kind: 'versus-production', text, ...expected })
})

test.each([
  ['', 'nothing', /Write a gate as/],
  ['acuracy >= 0.97', 'acuracy', /Did you mean 'accuracy'/],
  ['latency_p9 <= 5 ms', 'latency_p9', /Did you mean 'latency_p9/],
  ['accuracy', 'nothing', /Write a gate as/],
  ['accuracy = 0.97', '= 0.97', /Write a gate as/],
  ['accuracy >= 97', '97', /Did you mean 97%/],
  ['accuracy >= high', 'high', /Write a gate as/],
  ['accuracy >= 5 ms', '5 ms', /Write a gate as/],
  ['accuracy >= -0.1', '-0.1', /Write a gate as/],
  ['accuracy >= 0x1', '0x1', /Write a gate as/],
  ['accuracy <= 0.97', '<=', />= or >/],
  ['latency_p99 <= 5', '5', /Write the unit/],
  ['latency_p99 <= 5 MB', '5 MB', /Write the unit/],
  ['latency_p99 >= 5 ms', '>=', /<= or </],
  ['size <= 5 ms', '5 ms', /Write the unit/],
  ['accuracy non_inferior 0 versus production', '0', /never shown|ever shown/],
  ['accuracy non_inferior 0.01 versus staging', 'non_inferior 0.01 versus staging', /Write a gate as/],
  ['accuracy non_inferior 0.01 versus production at 100%', '100%', /Write a gate as/],
  ['__proto__ >= 1', '__proto__', /Write a gate as/],
])("'%s' is refused", (text, found, hint) => {
  try {
    parseGate(text)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(EvaluateError)
    expect(error).toMatchObject({
      code: 'GATE_INVALID',
      details: { found },
      hint: expect.stringMatching(hint),
    })
  }
})

describe('as a map', () => {
  test('it is the gate that its text says', () => {
    const fields = { metric: 'accuracy', versus: 'production', non_inferior: 0.005, confidence: 0.95 }
    const gate = gateFromFields(fields)
    expect(gate).toEqual({
      kind: 'versus-production',
      metric: 'accuracy',
      margin: 0.005,
      confidence: 0.95,
      text: 'accuracy non_inferior 0.005 versus production at 0.95',
    })
    expect(parseGate(gate.text)).toEqual(gate)
  })

  test.each([
    [{ metric: 'accuracy', versus: 'production' }, 'no margin'],
    [{ metric: 'accuracy', versus: 'staging', non_inferior: 0.1 }, 'staging'],
    [{ versus: 'production', non_inferior: 0.1 }, 'no metric'],
    [{ metric: 'accuracy', versus: 'production', noninferior: 0.1 }, 'noninferior'],
    [{ metric: ['accuracy'], versus: 'production', non_inferior: 0.1 }, '["accuracy"]'],
    [{ metric: 'accuracy', versus: 'production', non_inferior: Number.NaN }, 'NaN'],
  ])('%o is refused', (fields, found) => {
    expect(() => gateFromFields(fields)).toThrow(
      expect.objectContaining({ code: 'GATE_INVALID', details: expect.objectContaining({ found }) }),
    )
  })
})

test('every metric has a gate', () => {
  const values = { fraction: '>= 50%', plain: '<= 1', duration: '<= 1 ms', size: '<= 1 kB' }
  for (const metric of METRICS) {
    const readable = Object.values(values).filter(value => {
      try {
        return parseGate(`${metric} ${value}`).metric === metric
      } catch {
        return false
      }
    })
    expect(readable).toHaveLength(1)
  }
})

test('where it was written goes with it', () => {
  const at = { file: 'ballast.yaml', line: 3, column: 5 }
  expect(parseGate('accuracy >= 0.97', at).at).toEqual(at)
})
