import { BallastError } from '../../core/index.ts'
import { openModel, type Signature, type SignatureValue } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'

/**
 * What a model without a ballast.yaml is taken for, by its inputs and outputs: an image's pixels where there is one
 * input [N, C, H, W] or [N, H, W, C] of a known size; classes where an output has a row of scores for each example,
 * and an image, labels, its name or the original (`scores`) say that these are classes. That output is the first, or
 * one beside a class that the model names itself, as scikit-learn's classifiers have both. Throws MODEL_UNKNOWN where
 * the file does not say what goes in.
 */
export function supposed(
  name: string,
  signature: Signature | undefined,
  labels: readonly string[] = [],
  scores?: string,
): ModelConfig {
  if (signature === undefined) {
    throw new BallastError('MODEL_UNKNOWN', {
      message: `${name} does not say what goes in and what comes out`,
      hint: '`ballast inspect` shows what is in the file.',
    })
  }
  const [input, ...others] = signature.inputs
  const preprocess = input !== undefined && others.length === 0 ? imageSteps(input) : []
  const images = preprocess.length > 0
  const output = scored(signature.outputs, scores)
  const told = images || labels.length > 0 || output?.name === scores || SCORES.test(output?.name ?? '')
  const classes = hasScores(output) && told
  const task = classes ? (images ? 'image-classification' : 'classification') : 'generic'
  const first = output?.name === signature.outputs[0]?.name
  return { name, task, labels, preprocess, ...(output && !first && { output: output.name }) }
}

/** The output that classes are told by, if any are: `scores`, or the one that names and shapes speak for. */
function scored(outputs: Signature['outputs'], scores: string | undefined): SignatureValue | undefined {
  const [first, ...others] = outputs
  const given = outputs.find(({ name }) => name === scores)
  if (given !== undefined || !namesClass(first)) return given ?? first
  return others.find(value => SCORES.test(value.name) && hasScores(value)) ?? first
}

/** One whole number or text for each example. */
function namesClass({ shape, dtype }: Partial<SignatureValue> = {}): boolean {
  return shape?.length === 1 && (dtype === 'int64' || dtype === 'int32' || dtype === 'string')
}

/** `supposed` of an ONNX file. */
export async function supposedOf(
  path: string,
  name: string,
  labels: readonly string[],
  scores?: string,
): Promise<ModelConfig> {
  const model = await openModel(path)
  try {
    return supposed(name, model.file.signature, labels, scores)
  } finally {
    await model.close()
  }
}

/** What outputs are called that hold scores of classes. */
const SCORES = /prob|logit|score|softmax|class/i

/** One row of two or more decimals for each example. */
function hasScores(output: SignatureValue | undefined): boolean {
  const [, classes] = output?.shape ?? []
  return (
    output?.shape?.length === 2 &&
    /^b?float/.test(output.dtype ?? '') &&
    !(typeof classes === 'number' && classes < 2)
  )
}

const CHANNELS: readonly unknown[] = [1, 3]

/** [N, C, H, W] or [N, H, W, C] with 1 or 3 channels and a known size. */
function imageSteps({ shape, dtype }: SignatureValue): ModelConfig['preprocess'] {
  if (shape?.length !== 4 || (dtype !== 'float32' && dtype !== 'uint8')) return []
  const first = CHANNELS.includes(shape[1])
  if (!first && !CHANNELS.includes(shape[3])) return []
  const [height, width] = first ? [shape[2], shape[3]] : [shape[1], shape[2]]
  if (typeof height !== 'number' || typeof width !== 'number') return []
  const grey = (first ? shape[1] : shape[3]) === 1
  return [
    { kind: 'decode', what: 'image' },
    ...(grey ? [{ kind: 'grayscale' } as const] : []),
    { kind: 'resize', width, height, fit: 'fill' },
    ...(dtype === 'float32' ? [{ kind: 'scale', factor: 1 / 255 } as const] : []),
    { kind: 'layout', order: first ? 'nchw' : 'nhwc' },
  ]
}
