import { readFileSync } from 'node:fs'
import { type LiftedModel, liftOnnx, openModel } from '../../../formats/index.ts'
import type { Described } from '../../testing.ts'
import type { Range, Ranges } from './types.ts'

export const STATIC_FIXTURES = new URL('../../../../test/fixtures/optimize/static/', import.meta.url).pathname

/** What onnxruntime's tools made of a model: test/fixtures/optimize/static/make.py. */
interface Made {
  /** By method, then by value. */
  readonly ranges: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>
  readonly models: Readonly<
    Record<
      string,
      {
        readonly nodes: readonly (readonly [
          op: string,
          inputs: readonly string[],
          outputs: readonly string[],
          axis: number | null,
        ])[]
        readonly initializers: Described['initializers']
      }
    >
  >
}

export const made: Readonly<Record<string, Made>> = JSON.parse(
  readFileSync(`${STATIC_FIXTURES}expected.json`, 'utf8'),
)

export function rangesOf(name: string, method = 'minmax'): Ranges {
  const entries = Object.entries(made[name]!.ranges[method]!)
  return new Map(entries.map(([value, [least, greatest]]): [string, Range] => [value, { least, greatest }]))
}

export async function withStatic<T>(
  name: string,
  use: (model: LiftedModel['model']) => Promise<T>,
): Promise<T> {
  const opened = await openModel(`${STATIC_FIXTURES}${name}.onnx`)
  const lifted = await liftOnnx(opened.input!)
  try {
    return await use(lifted.model)
  } finally {
    await lifted.close()
    await opened.close()
  }
}
