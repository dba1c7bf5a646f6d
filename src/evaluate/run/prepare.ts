import type { Tensor, Tensors } from '../../core/index.ts'
import {
  type BatchAxis,
  compilePreprocess,
  compileTable,
  describeInput,
  fitInput,
  formatSpec,
  type ModelConfig,
  ModelError,
  type ModelSession,
  type ModelSignature,
  outputOf,
  resolveBatchAxis,
  stackBatch,
  type Table,
  type TensorSpec,
} from '../../model/index.ts'
import {
  type ExampleInput,
  isNamed,
  isTable,
  type NamedTensors,
  type TableExample,
} from '../datasets/types.ts'
import { EvaluateError } from '../errors.ts'

/** How a model takes the examples of a data set. */
export interface Feeder {
  readonly output: TensorSpec
  readonly axis: BatchAxis
  /** Whether it takes rows of tables as they are. */
  readonly takesRows: boolean
  /** One example, preprocessed and in the types of the inputs. Throws DATASET_UNFIT. */
  prepare(example: ExampleInput): Tensors
  /** How many examples a run takes, if `wanted` may be. */
  batchSize(wanted: number): number
  /** What a run of prepared examples together takes. */
  inputs(prepared: readonly Tensors[]): Tensors
  /** Runs prepared examples together; the output's rows are theirs, in order. */
  run(prepared: readonly Tensors[]): Promise<Tensor>
}

export function feederOf(session: ModelSession, config: ModelConfig): Feeder {
  const { signature } = session
  const table = tableFor(signature, config)
  const output = outputOf(signature, config)
  const single = table === undefined && signature.inputs.length === 1
  let tensors = single ? tensorFeeder(signature, config) : undefined
  let named: ((example: NamedTensors) => Tensors) | undefined
  const takesTexts = tensors?.input.dtype === 'string'
  const axis = tensors?.axis ?? commonAxis(signature)
  const inputs = (prepared: readonly Tensors[]) =>
    axis.kind === 'none' ? prepared[0]! : together(padded(prepared, axis))
  return {
    output,
    axis,
    takesRows: table !== undefined || takesTexts,
    prepare: example => {
      if (isNamed(example)) {
        named ??= namedFeeder(signature, config)
        return named(example)
      }
      if (table !== undefined && isTable(example)) return table(example)
      tensors ??= tensorFeeder(signature, config)
      if (!isTable(example)) return tensors.prepare(example)
      return tensors.prepare(takesTexts ? onlyText(example) : example.tensor())
    },
    batchSize: wanted => (axis.kind === 'free' ? wanted : axis.kind === 'fixed' ? axis.size : 1),
    inputs,
    async run(prepared) {
      const outputs = await session.run(inputs(prepared), [output.name])
      return outputs[output.name]!
    },
  }
}

/** Arrays by the names of the inputs; steps run on the one that they belong to. */
function namedFeeder({ inputs }: ModelSignature, config: ModelConfig): (example: NamedTensors) => Tensors {
  const preprocess = compilePreprocess(config.preprocess)
  const target = config.input ?? (inputs.length === 1 ? inputs[0]!.name : undefined)
  const fitted = (spec: TensorSpec, tensor: Tensor): Tensor => {
    try {
      const example =
        spec.name === target ? preprocess.fromArray(tensor) : { ...tensor, shape: [1, ...tensor.shape] }
      return fitInput(spec, shaped(spec, example))
    } catch (cause) {
      if (cause instanceof ModelError) throw unfit(spec, tensor, cause)
      throw cause
    }
  }
  return ({ tensors }) => {
    const byName: Record<string, Tensor> = Object.create(null)
    for (const spec of inputs) {
      const tensor = tensors[spec.name]
      if (tensor === undefined) throw noArray(spec, Object.keys(tensors))
      byName[spec.name] = fitted(spec, tensor)
    }
    return byName
  }
}

function noArray({ name }: TensorSpec, names: readonly string[]): EvaluateError {
  return new EvaluateError('DATASET_UNFIT', {
    message: `The data has no array '${name}', which is an input of the model; it has ${names.join(', ').slice(0, 500)}`,
    hint: 'Name the arrays as the inputs, or one of them as fields.input under evaluate.',
  })
}

/** The one column beside the truth, for a model of texts. Throws DATASET_UNFIT. */
function onlyText({ names, values, where }: TableExample): Tensor {
  const [text] = values
  if (values.length === 1 && typeof text === 'string') return { dtype: 'string', shape: [], data: [text] }
  throw new EvaluateError('DATASET_UNFIT', {
    message: `${where}: expected one text beside the truth, found ${names.join(', ').slice(0, 200) || 'nothing'}`,
    hint: 'Name the column of texts as fields.input under evaluate.',
  })
}

interface TensorFeeder {
  readonly input: TensorSpec
  readonly axis: BatchAxis
  prepare(example: Tensor): Tensors
}

function tensorFeeder(signature: ModelSignature, config: ModelConfig): TensorFeeder {
  const { input } = describeInput(signature, config)
  const preprocess = compilePreprocess(config.preprocess)
  return {
    input,
    axis: resolveBatchAxis(input),
    prepare: example => {
      try {
        return { [input.name]: fitInput(input, shaped(input, preprocess.fromArray(example))) }
      } catch (cause) {
        if (cause instanceof ModelError) throw unfit(input, example, cause)
        throw cause
      }
    },
  }
}

/** Rows to inputs, where the model has columns: its own, or an input for each. */
function tableFor(
  signature: ModelSignature,
  config: ModelConfig,
): ((example: TableExample) => Tensors) | undefined {
  const table = columnsOf(signature, config)
  if (table === undefined) return undefined
  let known: readonly string[] | undefined
  let places: readonly number[] = []
  return ({ names, values, where }) => {
    try {
      if (names !== known) [known, places] = [names, table.places(names, 'allowed')]
      return table.tensors({
        count: 1,
        value: (_, column) => values[places[column]!],
        where: () => where,
      })
    } catch (cause) {
      if (cause instanceof ModelError) throw unfitRow(where, cause)
      throw cause
    }
  }
}

function columnsOf(signature: ModelSignature, config: ModelConfig): Table | undefined {
  if (config.columns !== undefined) return compileTable(signature, config)
  if (signature.inputs.length < 2) return undefined
  try {
    return compileTable(signature, config)
  } catch (error) {
    // Several inputs that are no columns: one of them takes the examples, as the configuration says.
    if (error instanceof ModelError && error.code === 'COLUMNS_INVALID') return undefined
    throw error
  }
}

/** Of all inputs together: the strictest of them. */
function commonAxis({ inputs }: ModelSignature): BatchAxis {
  const axes = inputs.map(spec => resolveBatchAxis(spec))
  const none = axes.find(({ kind }) => kind === 'none')
  return none ?? axes.find(({ kind }) => kind === 'fixed') ?? { kind: 'free' }
}

function together(prepared: readonly Tensors[]): Tensors {
  const inputs: Record<string, Tensor> = Object.create(null)
  for (const name of Object.keys(prepared[0]!))
    inputs[name] = stackBatch(prepared.map(example => example[name]!))
  return inputs
}

/** A model of fixed batch takes exactly so many: the last example fills up, and its further answers are dropped. */
function padded(prepared: readonly Tensors[], axis: BatchAxis): readonly Tensors[] {
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

function unfitRow(where: string, cause: ModelError): EvaluateError {
  return new EvaluateError('DATASET_UNFIT', {
    message: `The columns do not fit the model's: ${cause.message}${cause.message.startsWith(where) ? '' : ` (${where})`}`,
    hint: cause.hint ?? 'Correct model.columns, or the data.',
    cause,
  })
}
