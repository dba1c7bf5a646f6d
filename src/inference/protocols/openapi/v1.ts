import type { Json } from '../../../core/index.ts'
import type { TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { imageInputOf } from '../image-input.ts'
import { EXAMPLE_IMAGE, exampleTensors, nested } from './examples.ts'
import { anyOf, elementSchema, nestedSchema, objectSchema, type Schema } from './schema.ts'

const BASE64: Schema = objectSchema({ b64: { type: 'string', contentEncoding: 'base64' } })

/** Whether rows can be told apart: the first axis of every input is theirs. */
function hasRows({ signature: { inputs } }: ServedModel): boolean {
  return inputs.every(({ shape }) => shape.length > 0 && typeof shape[0] !== 'number')
}

/** A value of an input; of an image also its file. */
function valueSchema(model: ServedModel, spec: TensorSpec, sizes: TensorSpec['shape']): Schema {
  const images = imageInputOf(model) === spec.name
  const element =
    spec.dtype === 'string' ? anyOf([elementSchema('string'), BASE64]) : elementSchema(spec.dtype)
  const tensor = nestedSchema(element, sizes)
  return images ? anyOf([BASE64, tensor]) : tensor
}

function byName(inputs: readonly TensorSpec[], value: (spec: TensorSpec) => Schema): Schema {
  return objectSchema(Object.fromEntries(inputs.map(spec => [spec.name, value(spec)])))
}

/** POST /v1/models/M:predict. */
export function predictSchema(model: ServedModel): Schema {
  const { inputs } = model.signature
  const [only] = inputs
  const row = (spec: TensorSpec): Schema => valueSchema(model, spec, spec.shape.slice(1))
  const whole = (spec: TensorSpec): Schema => valueSchema(model, spec, spec.shape)
  const single = inputs.length === 1 && only !== undefined
  const signature_name: Schema = { const: 'serving_default' }
  const columns = objectSchema(
    {
      signature_name,
      inputs: anyOf([...(single ? [whole(only)] : []), byName(inputs, whole)]),
    },
    ['inputs'],
  )
  if (!hasRows(model)) return columns
  const items = anyOf([...(single ? [row(only)] : []), byName(inputs, row)])
  const rows = objectSchema({ signature_name, instances: { type: 'array', items } }, ['instances'])
  return { oneOf: [rows, columns] }
}

/** The answer: `predictions` to rows, `outputs` to columns. */
export function predictedSchema({ signature: { outputs } }: ServedModel): Schema {
  const [only] = outputs
  const value = (spec: TensorSpec, sizes: TensorSpec['shape']): Schema =>
    nestedSchema(elementSchema(spec.dtype, true), sizes)
  const named = (sizes: (spec: TensorSpec) => TensorSpec['shape']): Schema =>
    outputs.length === 1 && only !== undefined
      ? value(only, sizes(only))
      : byName(outputs, spec => value(spec, sizes(spec)))
  return {
    oneOf: [
      objectSchema({ predictions: { type: 'array', items: named(({ shape }) => shape.slice(1)) } }),
      objectSchema({ outputs: named(({ shape }) => shape) }),
    ],
  }
}

export function predictExamples(model: ServedModel): { readonly [name: string]: Json } {
  const image = { image: { instances: [{ b64: EXAMPLE_IMAGE }] } }
  const images = imageInputOf(model) !== undefined && model.signature.inputs.length === 1 ? image : {}
  const tensors = exampleTensors(model)
  if (tensors === undefined) return images
  const [only] = tensors
  const wholes = tensors.map(({ spec, shape, data }) => [spec.name, nested(data, shape)] as const)
  const columns = { inputs: Object.fromEntries(wholes) }
  if (!hasRows(model)) return { ...images, columns }
  const rows = tensors.map(({ spec, shape, data }) => [spec.name, nested(data, shape.slice(1))] as const)
  const row = tensors.length === 1 && only !== undefined ? rows[0]![1] : Object.fromEntries(rows)
  return { ...images, rows: { instances: [row] }, columns }
}
