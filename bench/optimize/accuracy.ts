/**
 * How often variants of real models are right beside their originals, on the same examples: with 95 % intervals, and
 * of the difference, which is of pairs (Tango 1998).
 *
 *   node bench/optimize/accuracy.ts [--limit N] [--tries int8,fp16 …] MODEL=DATA …
 *
 * DATA is an .npz: the examples, and behind them their classes, or rows of classes that a model with CTC reads.
 * int8-static is calibrated on the last 64 examples, which are never judged. examples/digits has both; models/*.py
 * make others.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../../src/cli/output/table.ts'
import { formatPercent, messageOf } from '../../src/core/index.ts'
import { tangoInterval, wilsonInterval } from '../../src/evaluate/statistics/proportions.ts'
import { loadOnnx } from '../../src/model/index.ts'
import { type Examples, isRight, openExamples } from './variants/examples.ts'
import { CALIBRATED, TRIES, variantOf } from './variants/make.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '1000' },
    tries: { type: 'string', default: TRIES.join(',') },
  },
})

for (const pair of positionals) {
  const [model = '', data = ''] = pair.split('=')
  const examples = await openExamples(data)
  const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-accuracy-'))
  try {
    const count = Math.min(Number(values.limit), examples.count - CALIBRATED)
    const original = await answers(model, examples, count)
    const rows = [['original', ...told(original), '', '']]
    for (const name of values.tries.split(',')) {
      try {
        const variant = await answers(await variantOf(model, name, folder, examples), examples, count)
        rows.push([name, ...told(variant), ...compared(variant, original)])
      } catch (cause) {
        rows.push([name, '–', messageOf(cause).slice(0, 60), '', ''])
      }
    }
    console.log(`${model}, ${count} examples`)
    console.log(`${table(['VARIANT', 'RIGHT', '95 %', 'DIFFERENCE', '95 %'], rows)}\n`)
  } finally {
    await examples.close()
    await rm(folder, { recursive: true })
  }
}

/** Which examples a model is right about. */
async function answers(path: string, examples: Examples, count: number): Promise<readonly boolean[]> {
  const session = await loadOnnx(path)
  try {
    const { name, shape } = session.signature.inputs[0]!
    const right: boolean[] = []
    for (let i = 0; i < count; i++) {
      const outputs = await session.run({ [name]: await examples.input(i, shape) })
      right.push(isRight(outputs[session.signature.outputs[0]!.name]!, examples.truths[i]!))
    }
    return right
  } finally {
    await session.close()
  }
}

function told(right: readonly boolean[]): string[] {
  const count = right.filter(Boolean).length
  return [formatPercent(count / right.length), range(wilsonInterval(count, right.length, 0.95))]
}

function compared(variant: readonly boolean[], original: readonly boolean[]): string[] {
  const onlyFirst = variant.filter((right, i) => right && !original[i]).length
  const onlySecond = original.filter((right, i) => right && !variant[i]).length
  const pairs = { onlyFirst, onlySecond, total: variant.length }
  return [formatPercent((onlyFirst - onlySecond) / pairs.total), range(tangoInterval(pairs, 0.95))]
}

function range([low, high]: readonly [number, number]): string {
  return `${formatPercent(low)} … ${formatPercent(high)}`
}
