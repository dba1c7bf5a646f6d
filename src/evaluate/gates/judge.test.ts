import { describe, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import { type Evaluated, type EvaluationRows, judgeGates, type MetricName, parseGate } from '../index.ts'
import { classificationQuality, regressionQuality } from '../metrics/quality.ts'
import { seededRandom } from '../statistics/bootstrap.ts'

function anEvaluation(
  rows: EvaluationRows,
  more: {
    readonly metrics?: Partial<Record<MetricName, number>>
    readonly data?: string
    readonly runs?: number
  } = {},
): Evaluated {
  const whole = Array.from(rows.truth).every(Number.isInteger)
  const quality = whole ? classificationQuality(rows, []) : regressionQuality(rows)
  return {
    rows,
    evaluation: {
      ...quality,
      metrics: { ...quality.metrics, ...more.metrics },
      examples: rows.truth.length,
      dataDigest: digestOf(more.data ?? 'test set'),
      modelDigest: digestOf('model'),
      latency: { runs: more.runs ?? 200, batch: 1, threads: 1 },
    },
  }
}

/** `n` examples of ten classes; wrong at every one for which `isWrong` says so. */
function answers(n: number, isWrong: (row: number) => boolean): EvaluationRows {
  const truth = Array.from({ length: n }, (_, row) => row % 10)
  return { truth, predicted: truth.map((label, row) => (isWrong(row) ? (label + 1) % 10 : label)) }
}

const judge = (text: string, candidate: Evaluated, production?: Evaluated) =>
  judgeGates([parseGate(text)], candidate, production)[0]!

describe('thresholds', () => {
  const good = anEvaluation(
    answers(1000, row => row % 50 === 0),
    {
      metrics: { latency_p99: 4, size: 1_200_000 },
    },
  )

  test.each([
    ['accuracy >= 0.97', 'passed'],
    ['accuracy >= 0.98', 'passed'],
    ['accuracy > 0.98', 'failed'],
    ['accuracy >= 0.99', 'failed'],
    ['f1_macro >= 0.9', 'passed'],
    ['latency_p99 <= 5 ms', 'passed'],
    ['latency_p99 <= 3 ms', 'failed'],
    ['size <= 5 MB', 'passed'],
    ['size <= 1 MB', 'failed'],
    ['log_loss <= 1', 'inconclusive'],
    ['latency_p50 <= 1 s', 'inconclusive'],
  ])('%s: %s', (text, verdict) => {
    expect(judge(text, good).verdict).toBe(verdict)
  })

  test('the summary has the figure, its interval and what it needs', () => {
    expect(judge('accuracy >= 0.97', good).summary).toBe(
      'accuracy 98 % [96.93 %, 98.7 %], needs >= 97 %: passed',
    )
  })

  test('too few examples or runs decide nothing, however good', () => {
    const few = anEvaluation(
      answers(29, () => false),
      { metrics: { latency_p99: 1 }, runs: 5 },
    )
    expect(judge('accuracy >= 0.5', few)).toMatchObject({
      verdict: 'inconclusive',
      missing: '1 more examples',
    })
    expect(judge('latency_p99 <= 5 ms', few)).toMatchObject({
      verdict: 'inconclusive',
      missing: '25 more runs',
    })
  })
})

describe('versus production', () => {
  const gate = 'accuracy non_inferior 0.005 versus production'
  const production = anEvaluation(answers(10_000, row => row % 50 === 0))

  test.each([
    ['the same answers', answers(10_000, row => row % 50 === 0), 'passed'],
    ['better', answers(10_000, row => row % 100 === 0), 'passed'],
    ['worse by 0.2 %, the same else', answers(10_000, row => row % 50 === 0 || row % 500 === 1), 'passed'],
    ['as good, with other mistakes', answers(10_000, row => row % 50 === 7), 'passed'],
    [
      'worse by 0.45 %, surely within reach of the margin',
      answers(10_000, row => row % 50 === 0 || row % 222 === 1),
      'inconclusive',
    ],
    ['worse by 0.8 %', answers(10_000, row => row % 50 === 0 || row % 125 === 1), 'failed'],
    ['worse by 8 %', answers(10_000, row => row % 10 === 0), 'failed'],
  ] as const)('%s', (_, rows, verdict) => {
    expect(judge(gate, anEvaluation(rows), production).verdict).toBe(verdict)
  })

  test('the summary has both figures, the interval, p and the margin', () => {
    expect(judge(gate, anEvaluation(answers(10_000, row => row % 100 === 0)), production).summary).toMatch(
      /^accuracy 99 % vs 98 % in production: \+1 % \[\+0\.82 %, \+1\.21 %\] \(p = [\d.e-]+\), may lose < 0\.5 %: passed$/,
    )
  })

  test('a small test set says how many examples are missing, and so many decide', () => {
    const of = (n: number) =>
      judge(
        gate,
        anEvaluation(answers(n, row => row % 50 === 7)),
        anEvaluation(answers(n, row => row % 50 === 0)),
      )
    const small = of(1000)
    expect(small.verdict).toBe('inconclusive')
    const missing = Number(/about (\d+) more examples/.exec(small.missing!)?.[1])
    expect(missing).toBeGreaterThan(1000)
    expect(of(1000 + Math.ceil(missing * 1.1)).verdict).toBe('passed')
    expect(of(1000 + Math.floor(missing * 0.7)).verdict).toBe('inconclusive')
  })

  test('nothing in production: not applicable', () => {
    expect(judge(gate, production)).toMatchObject({ verdict: 'not applicable' })
  })

  test.each([
    [
      'other data',
      anEvaluation(
        answers(100, () => false),
        { data: 'other' },
      ),
      anEvaluation(answers(100, () => false)),
    ],
    [
      'another number of examples',
      anEvaluation(answers(100, () => false)),
      anEvaluation(answers(99, () => false)),
    ],
    [
      'other truths',
      anEvaluation({ truth: new Array(100).fill(1), predicted: new Array(100).fill(1) }),
      anEvaluation({ truth: new Array(100).fill(2), predicted: new Array(100).fill(2) }),
    ],
  ])('%s can not be compared', (_, candidate, other) => {
    expect(() => judge(gate, candidate, other)).toThrow(
      expect.objectContaining({ code: 'EVALUATIONS_DIFFER' }),
    )
  })

  test('rows that were not kept decide nothing', () => {
    const { rows: _, ...summaryOnly } = production
    expect(judge(gate, production, summaryOnly)).toMatchObject({ verdict: 'inconclusive' })
  })

  test.each([
    { change: 0, verdict: 'passed' },
    { change: -0.5, verdict: 'passed' },
    { change: 0.5, verdict: 'failed' },
  ])('mean absolute error that changes by $change, margin 0.1: $verdict', ({ change, verdict }) => {
    const random = seededRandom(5)
    const truth = Array.from({ length: 500 }, () => random() * 100)
    const noise = truth.map(() => 1 + random())
    const rows = (extra: number) => ({ truth, predicted: truth.map((value, i) => value + noise[i]! + extra) })
    const result = judge(
      'mae non_inferior 0.1 versus production',
      anEvaluation(rows(change)),
      anEvaluation(rows(0)),
    )
    expect(result).toMatchObject({ verdict, method: 'paired bootstrap', n: 500 })
    expect(result.interval![0]).toBeLessThanOrEqual(change + 1e-9)
    expect(result.interval![1]).toBeGreaterThanOrEqual(change - 1e-9)
  })

  test.each([
    ['f1_macro non_inferior 0.02 versus production', 40, 'passed'],
    ['f1_macro non_inferior 0.02 versus production', 10, 'failed'],
  ])('%s, wrong at every %i. example: %s', (text, every, verdict) => {
    const candidate = anEvaluation(answers(2000, row => row % every === every - 1))
    expect(judge(text, candidate, anEvaluation(answers(2000, row => row % 50 === 0))).verdict).toBe(verdict)
  })

  test('equal answers to few examples are no proof of an equal F1', () => {
    const of = (n: number) => {
      const rows = anEvaluation(answers(n, row => row % 50 === 0))
      return judge('f1_macro non_inferior 0.005 versus production', rows, rows).verdict
    }
    expect([of(100), of(1000)]).toEqual(['inconclusive', 'passed'])
  })

  test.each([
    ['latency_p99 non_inferior 2 ms versus production', { latency_p99: 5.5 }, 'passed'],
    ['latency_p99 non_inferior 1 ms versus production', { latency_p99: 5.5 }, 'failed'],
    ['size non_inferior 1 MB versus production', { size: 2_500_000 }, 'failed'],
    ['size non_inferior 1 MB versus production', { size: 100 }, 'passed'],
  ])('%s with %o: %s', (text, metrics, verdict) => {
    const now = anEvaluation(
      answers(100, () => false),
      { metrics: { latency_p99: 4, size: 1_000_000 } },
    )
    expect(
      judge(
        text,
        anEvaluation(
          answers(100, () => false),
          { metrics },
        ),
        now,
      ).verdict,
    ).toBe(verdict)
  })
})
