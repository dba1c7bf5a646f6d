import type { Tensor, Tensors } from '../../../core/index.ts'
import {
  type ClassScore,
  type Prediction,
  splitBatch,
  type TensorSpec,
  toPrediction,
} from '../../../model/index.ts'
import type { Reply } from '../../frames/index.ts'
import type { ServedModel } from '../codec.ts'
import { jsonReply } from '../replies.ts'
import { type Element, elementsOf, type Told } from './elements.ts'
import { csvOf } from './reply-csv.ts'

export interface Answers {
  readonly outputs: Tensors
  readonly main: TensorSpec
  readonly beside: readonly string[]
  readonly count: number
  readonly listed: boolean
  /** The client's header. */
  readonly accept: string | undefined
}

const CSV_HEADERS = 'content-type: text/csv; charset=utf-8; header=present\n'
const LINES_HEADERS = 'content-type: application/x-ndjson\n'

/**
 * The answers in the words of the model's task: an object, or a list of them under `predictions`; as CSV or a line
 * of JSON each where the client accepts that. Throws (ModelError) OUTPUT_INVALID.
 */
export function replyOf(model: ServedModel, answers: Answers): Reply {
  const told = toldOf(model, answers)
  const { accept = '' } = answers
  if (accept.includes('text/csv')) return textReply(CSV_HEADERS, csvOf(model.config, told))
  const version = Number(model.version)
  const bodies = told.map(wireOf)
  if (accept.includes('ndjson'))
    return textReply(LINES_HEADERS, bodies.map(body => `${JSON.stringify(body)}\n`).join(''))
  const who = { model: model.name, version }
  return jsonReply(
    JSON.stringify(answers.listed ? { ...who, predictions: bodies } : { ...who, ...bodies[0] }),
  )
}

function textReply(headers: string, text: string): Reply {
  return { status: 200, headers, body: [Buffer.from(text)] }
}

function toldOf({ config }: ServedModel, { outputs, main, beside, count }: Answers): readonly Told[] {
  const rows = rowsOf(outputs[main.name]!, count)
  const others = beside.map(name => [name, rowsOf(outputs[name]!, count)] as const)
  return rows.map((row, index) => ({
    prediction: toPrediction(row, config),
    beside: byName(others.map(([name, tensors]) => [name, tensors[index]!])),
  }))
}

/** One example may have an output without an axis for it. */
function rowsOf(output: Tensor, count: number): readonly Tensor[] {
  return count === 1 ? [output] : splitBatch(output, count)
}

function byName<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const record: Record<string, T> = Object.create(null)
  for (const [name, value] of entries) record[name] = value
  return record
}

function wireOf({ prediction, beside }: Told): object {
  const names = Object.keys(beside)
  const outputs = byName(names.map(name => [name, nested(beside[name]!)]))
  return { ...wireOfPrediction(prediction), ...(names.length > 0 && { outputs }) }
}

function wireOfPrediction(prediction: Prediction): object {
  switch (prediction.kind) {
    case 'class': {
      const { label, index, score, top } = prediction
      return { label, index, ...(score === undefined ? {} : { score }), top }
    }
    case 'classes':
      return { labels: prediction.classes.map(labelOf), classes: prediction.classes, top: prediction.top }
    case 'values': {
      const { names, values } = prediction
      return { values: names ? byName(names.map((name, i) => [name, values[i]!])) : values }
    }
    case 'tensor': {
      const { dtype, shape } = prediction.tensor
      return { dtype, shape, data: elementsOf(prediction.tensor) }
    }
  }
}

const labelOf = ({ label }: ClassScore): string => label

type Nested = Element | readonly Nested[]

/** One example's values without the axis of examples: a plain value, or lists as deep as the output has axes. */
function nested(tensor: Tensor): Nested {
  const shape = tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape
  let level: readonly Nested[] = elementsOf(tensor)
  for (const size of shape.slice(1).reverse())
    level = Array.from({ length: size === 0 ? 0 : level.length / size }, (_, i) =>
      level.slice(i * size, (i + 1) * size),
    )
  return shape.length === 0 || (shape.length === 1 && shape[0] === 1) ? level[0]! : level
}
