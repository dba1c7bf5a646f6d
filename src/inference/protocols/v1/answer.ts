import type { Tensor, Tensors } from '../../../core/index.ts'
import { outputOf, scoresOf, splitBatch } from '../../../model/index.ts'
import { InferenceError } from '../../errors.ts'
import type { ServedModel } from '../codec.ts'
import { isStrings } from '../oip/binary.ts'
import { type Elements, elementsOf, nestedJson } from '../oip/json-elements.ts'

/** Outputs of this name's end hold bytes, as TensorFlow Serving has it: told in base64. */
const BYTES_SUFFIX = '_bytes'

/** `{"outputs": …}`: the only tensor, or an object of tensors. */
export function columnsBody(names: readonly string[], outputs: Tensors): string {
  const [only] = names
  if (names.length === 1 && only !== undefined) return `{"outputs":${wholeJson(only, outputs[only]!)}}`
  const members = names.map(name => `${JSON.stringify(name)}:${wholeJson(name, outputs[name]!)}`)
  return `{"outputs":{${members.join()}}}`
}

/**
 * `{"predictions": […]}`: a value for each row, or an object of values. Throws INFERENCE_FAILED where an output has no row for each that was sent.
 */
export function rowsBody(names: readonly string[], outputs: Tensors, rows: number): string {
  const [only] = names
  const tensors = names.map(name => byRows(name, outputs[name]!, rows))
  if (names.length === 1 && only !== undefined) return `{"predictions":${wholeJson(only, tensors[0]!)}}`
  const writers = tensors.map((tensor, i) => ({
    key: JSON.stringify(names[i]),
    elements: writerOf(names[i]!, tensor),
    shape: tensor.shape.slice(1),
    step: rows === 0 ? 0 : tensor.data.length / rows,
  }))
  const predictions = Array.from({ length: rows }, (_, row) => {
    const members = writers.map(
      ({ key, elements, shape, step }) => `${key}:${nestedJson(elements, shape, row * step)}`,
    )
    return `{${members.join()}}`
  })
  return `{"predictions":[${predictions.join()}]}`
}

/**
 * Whether classify and regress have an answer: classes, or one number a row. Values of which nobody said that they are
 * classes are not told as such.
 */
export function hasResults({ signature, config }: ServedModel): boolean {
  if (config.task !== 'generic') return true
  const { dtype, shape } = outputOf(signature, config)
  return dtype !== 'string' && shape.slice(1).every(size => size === 1)
}

/** Of classify and regress: `{"results": …}`, by the model's task. */
export function resultsBody(model: ServedModel, outputs: Tensors, rows: number): string {
  const { config } = model
  const { name } = outputOf(model.signature, config)
  const tensor = byRows(name, outputs[name]!, rows)
  const results = splitBatch(tensor, rows).map(row => {
    if (config.task === 'regression' || config.task === 'generic') return Number(row.data[0])
    const scores = scoresOf(row, config.answer)
    if (scores === undefined) return [[config.labels[Number(row.data[0])] ?? String(row.data[0]), 1]]
    return Array.from(scores, (score, index) => [config.labels[index] ?? '', score])
  })
  return JSON.stringify({ results })
}

function wholeJson(name: string, tensor: Tensor): string {
  return nestedJson(writerOf(name, tensor), tensor.shape)
}

function writerOf(name: string, tensor: Tensor): Elements {
  const { data } = tensor
  if (!name.endsWith(BYTES_SUFFIX) || !isStrings(data)) return elementsOf(tensor)
  return (from, to) =>
    JSON.stringify(data.slice(from, to).map(text => ({ b64: Buffer.from(text).toString('base64') })))
}

/** A model without a batch axis answers its only row without one. */
function byRows(name: string, tensor: Tensor, rows: number): Tensor {
  if (tensor.shape.length > 0 && tensor.shape[0] === rows) return tensor
  if (rows === 1) return { ...tensor, shape: [1, ...tensor.shape] }
  throw new InferenceError('INFERENCE_FAILED', {
    message: `The output '${name}' has the shape [${tensor.shape.join(', ')}], and ${rows} rows were sent`,
    hint: 'Send the tensors as `inputs`: they are answered whole, as `outputs`.',
  })
}
