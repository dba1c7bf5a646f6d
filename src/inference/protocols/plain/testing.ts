/** Served models of this protocol's tests, without a runtime, and bodies on their way. */
import type { Tensor, Tensors } from '../../../core/index.ts'
import { compilePreprocess, describeInput, type ModelConfig, type TensorSpec } from '../../../model/index.ts'
import { headerBlock, headerOf } from '../../frames/index.ts'
import type { InferenceCall, ServedModel } from '../codec.ts'
import { plain } from './codec.ts'

export const x: TensorSpec = { name: 'x', dtype: 'float32', shape: ['N', 2] }
export const scores: TensorSpec = { name: 'scores', dtype: 'float32', shape: ['N', 2] }

export function aModel(
  inputs: readonly TensorSpec[],
  more: Partial<ModelConfig> = {},
  outputs = [scores],
): ServedModel {
  const signature = { inputs, outputs }
  const config: ModelConfig = {
    name: 'm',
    task: 'classification',
    labels: ['no', 'yes'],
    preprocess: [],
    ...more,
  }
  return {
    name: 'm',
    version: '3',
    signature,
    config,
    preprocessor: compilePreprocess(config.preprocess),
    ports: () => describeInput(signature, config),
  }
}

export const people = aModel([x], {
  columns: [
    { name: 'age', type: 'float' },
    { name: 'city', type: 'category', values: ['Rome', '北京'] },
  ],
})
export const texts = aModel([{ name: 'input', dtype: 'string', shape: ['N'] }])

export const read = async (
  body: string | Buffer,
  type?: string,
  model = people,
  accept?: string,
): Promise<InferenceCall> =>
  plain.read(Buffer.from(body as string), headerBlock({ 'content-type': type, accept }), model)
export const given = async (...args: Parameters<typeof read>): Promise<unknown[]> => {
  const { inputs } = await read(...args)
  return Array.from(Object.values(inputs)[0]!.data as ArrayLike<unknown>)
}
export const floats = (shape: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
})
export const answered = (call: InferenceCall, outputs: Tensors) => {
  const reply = call.encode(outputs)
  return { type: headerOf(reply.headers, 'content-type'), text: Buffer.concat([...reply.body]).toString() }
}
