import type { Dtype, Json } from '../../../core/index.ts'
import { outputOf, type TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { protocolNameOf } from '../oip/dtypes.ts'
import { exampleTensors } from './examples.ts'
import { anyOf, objectSchema, oneOf, ref, type Schema, shapeSchema } from './schema.ts'

/** Schemas of `data`: flat, or nested as the shape. */
export const DATA_SCHEMAS: Readonly<Record<string, Schema>> = {
  Numbers: { type: 'array', items: anyOf([{ type: 'number' }, ref('Numbers')]) },
  Integers: { type: 'array', items: anyOf([{ type: 'integer' }, ref('Integers')]) },
  Booleans: { type: 'array', items: anyOf([{ type: 'boolean' }, { enum: [0, 1] }, ref('Booleans')]) },
  Texts: { type: 'array', items: anyOf([{ type: 'string' }, ref('Texts')]) },
  /** Null stands for NaN and infinities. */
  Answers: { type: 'array', items: { type: ['number', 'boolean', 'string', 'null'] } },
  InferParameters: {
    type: 'object',
    properties: {
      binary_data_output: { type: 'boolean', description: 'Outputs come in binary behind the JSON.' },
      timeout: { type: 'integer', minimum: 0, description: 'Microseconds.' },
      priority: { type: 'integer', minimum: 0, description: '1 goes first; 0 is the default.' },
    },
  },
}

function dataOf(dtype: Dtype): Schema {
  if (dtype === 'string') return ref('Texts')
  if (dtype === 'bool') return ref('Booleans')
  return ref(dtype.includes('float') ? 'Numbers' : 'Integers')
}

/** POST /v2/models/M/infer: the body in JSON. */
export function inferSchema({ signature: { inputs, outputs } }: ServedModel): Schema {
  const names = outputs.map(({ name }) => name)
  return objectSchema(
    {
      id: { type: 'string' },
      parameters: ref('InferParameters'),
      inputs: {
        type: 'array',
        items: oneOf(inputs.map(inputSchema)),
        minItems: inputs.length,
        maxItems: inputs.length,
      },
      outputs: {
        type: 'array',
        description: 'Those to compute; all where none are named.',
        items: objectSchema({ name: { enum: names }, parameters: outputParameters() }, ['name']),
      },
    },
    ['inputs'],
  )
}

function inputSchema(spec: TensorSpec): Schema {
  return objectSchema({
    name: { const: spec.name },
    shape: shapeSchema(spec),
    datatype: { const: protocolNameOf(spec.dtype) },
    data: dataOf(spec.dtype),
  })
}

function outputParameters(): Schema {
  return {
    type: 'object',
    properties: {
      classification: {
        type: 'integer',
        minimum: 0,
        description: 'So many of the best classes as texts `value:index[:label]` instead of the tensor.',
      },
      binary_data: { type: 'boolean', description: 'This output comes in binary behind the JSON.' },
    },
  }
}

/** The answer in JSON. An output asked for by its classes is BYTES, whatever the model gives. */
export function inferredSchema(model: ServedModel): Schema {
  const output = ({ name, dtype }: TensorSpec): Schema =>
    objectSchema({
      name: { const: name },
      datatype: dtype === 'string' ? { const: 'BYTES' } : { enum: [protocolNameOf(dtype), 'BYTES'] },
      shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
      data: ref('Answers'),
    })
  return objectSchema(
    {
      id: { type: 'string' },
      model_name: { const: model.name },
      model_version: { type: 'string' },
      outputs: { type: 'array', items: oneOf(model.signature.outputs.map(output)) },
    },
    ['model_name', 'model_version', 'outputs'],
  )
}

/** Requests that work as they are. */
export function inferExamples(model: ServedModel): { readonly [name: string]: Json } {
  const tensors = exampleTensors(model)
  if (tensors === undefined) return {}
  const inputs = tensors.map(({ spec, shape, data }) => ({
    name: spec.name,
    shape,
    datatype: protocolNameOf(spec.dtype),
    data,
  }))
  const scores = outputOf(model.signature, model.config)
  if (model.config.labels.length === 0 || scores.dtype === 'string') return { row: { inputs } }
  const outputs = [{ name: scores.name, parameters: { classification: 3 } }]
  return { row: { inputs }, classes: { inputs, outputs } }
}
