import { sourceOf, type Tensor } from '../../../core/index.ts'
import { FormatsError, openNpy } from '../../../formats/index.ts'
import { fitInput, formatSpec, ModelError, stackBatch } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import type { Examples, ReadExamples } from './examples.ts'
import { MAX_ROWS } from './limits.ts'

/**
 * A numpy array, as `np.save` writes it: the model's input, with or without the axis of examples. Where the model has
 * preprocessing, one example (or several along the first axis) as it takes them: pixels, or a vector of features.
 */
export const readNpyBody: ReadExamples = async ({ bytes }, model) => {
  const { input } = model.ports()
  const array = await arrayOf(bytes)
  const rank = input.shape.length
  const isOne = array.shape.length === rank - 1
  const inputs = { [input.name]: fitInput(input, prepared(array, isOne, model)) }
  const count = inputs[input.name]!.shape[0] ?? 1
  const examples: Examples = { inputs, count: isOne ? 1 : count, listed: !isOne && count !== 1 }
  return examples
}

function prepared(array: Tensor, isOne: boolean, model: ServedModel): Tensor {
  const { input } = model.ports()
  if (model.config.preprocess.length === 0) {
    if (isOne) return { ...array, shape: [1, ...array.shape] }
    if (array.shape.length === input.shape.length) return array
    throw new ModelError('INPUT_SHAPE', {
      message: `Expected ${formatSpec(input)}, found ${array.dtype}[${array.shape.join(', ')}]`,
      hint: 'Send the array of one example, or of several along the first axis.',
    })
  }
  if (isOne) return model.preprocessor.fromArray(array)
  const [count = 0, ...shape] = array.shape
  if (count === 0 || count > MAX_ROWS)
    throw refuse(`The array has ${count} examples`, `Send 1 to ${MAX_ROWS}.`)
  const size = array.data.length / count
  const { data } = array
  return stackBatch(
    Array.from({ length: count }, (_, row) =>
      model.preprocessor.fromArray({
        dtype: array.dtype,
        shape,
        data: data.slice(row * size, (row + 1) * size),
      }),
    ),
  )
}

async function arrayOf(bytes: Buffer): Promise<Tensor> {
  try {
    return await (await openNpy(sourceOf(bytes, 'body'))).read()
  } catch (cause) {
    if (!(cause instanceof FormatsError)) throw cause
    throw refuse(`The body is no array of numpy: ${cause.message}`, cause.hint)
  }
}
