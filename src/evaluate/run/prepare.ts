import type { Tensor } from '../../core/index.ts'
import {
  type BatchAxis,
  compilePreprocess,
  describeInput,
  fitInput,
  formatSpec,
  type ModelConfig,
  ModelError,
  type ModelSession,
  type Ports,
  resolveBatchAxis,
  stackBatch,
  type TensorSpec,
} from '../../model/index.ts'
import { EvaluateError } from '../errors.ts'

/** How a model takes the examples of a data set. */
export interface Feeder {
  readonly ports: Ports
  readonly axis: BatchAxis
  /** One example, preprocessed and in the input's type. Throws DATASET_UNFIT. */
  prepare(example: Tensor): Tensor
  /** How many examples a run takes, if `wanted` may be. */
  batchSize(wanted: number): number
  /** Runs prepared examples together; the output's rows are theirs, in order. */
  run(prepared: readonly Tensor[]): Promise<Tensor>
}

export function feederOf(session: ModelSession, config: ModelConfig): Feeder {
  const ports = describeInput(session.signature, config)
  const preprocess = compilePreprocess(config.preprocess)
  const axis = resolveBatchAxis(ports.input)
  return {
    ports,
    axis,
    prepare: example => {
      try {
        return fitInput(ports.input, shaped(ports.input, preprocess.fromArray(example)))
      } catch (cause) {
        if (cause instanceof ModelError) throw unfit(ports.input, example, cause)
        throw cause
      }
    },
    batchSize: wanted => (axis.kind === 'free' ? wanted : axis.kind === 'fixed' ? axis.size : 1),
    async run(prepared) {
      const input = axis.kind === 'none' ? prepared[0]! : stackBatch(padded(prepared, axis))
      const outputs = await session.run({ [ports.input.name]: input }, [ports.output.name])
      return outputs[ports.output.name]!
    },
  }
}

/** A model of fixed batch takes exactly so many: the last example fills up, and its further answers are dropped. */
function padded(prepared: readonly Tensor[], axis: BatchAxis): readonly Tensor[] {
  if (axis.kind !== 'fixed' || prepared.length === axis.size) return prepared
  return Array.from({ length: axis.size }, (_, i) => prepared[Math.min(i, prepared.length - 1)]!)
}

/** Adds or drops axes of size one, as (28, 28) for an input [N, 1, 28, 28]; any other difference is unfit. */
function shaped(spec: TensorSpec, tensor: Tensor): Tensor {
  if (spec.shape.length === 0) return tensor
  const wanted = spec.shape.map((size, axis) => (axis === 0 && typeof size !== 'number' ? 1 : size))
  if (fits(spec.shape, tensor.shape)) return tensor
  const kept = tensor.shape.filter(size => size !== 1)
  const shape: number[] = []
  for (const [axis, size] of wanted.entries()) {
    const batch = axis === 0 && spec.shape.length > 1
    if (size === 1 || batch) shape.push(1)
    else shape.push(kept.shift() ?? 1)
  }
  if (kept.length === 0 && fits(spec.shape, shape)) return { ...tensor, shape }
  throw new ModelError('INPUT_SHAPE', {
    message: `Expected ${formatSpec(spec)}, found [${tensor.shape.join(', ')}]`,
    hint: 'Check the preprocessing steps.',
  })
}

/** One prepared example against the input: its batch axis is of size one. */
function fits(expected: TensorSpec['shape'], found: readonly number[]): boolean {
  return (
    expected.length === found.length &&
    expected.every((size, axis) =>
      axis === 0 ? found[0] === 1 || size === found[0] : typeof size !== 'number' || size === found[axis],
    )
  )
}

function unfit(spec: TensorSpec, example: Tensor, cause: ModelError): EvaluateError {
  const found = `${example.dtype} [${example.shape.join(', ')}]`
  return new EvaluateError('DATASET_UNFIT', {
    message: `The examples (${found}) do not fit the model's input ${formatSpec(spec)}: ${cause.message}`,
    hint: 'Correct model.preprocess (resize, layout), or evaluate with data of the right shape.',
    details: { expected: formatSpec(spec), found },
    cause,
  })
}
