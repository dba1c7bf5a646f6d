import { servedModel, spec } from '../../../../test/fixtures/inference/served-model.ts'
import type { Tensor, Tensors } from '../../../core/index.ts'
import type { ModelConfig, TensorSpec } from '../../../model/index.ts'
import type { InferenceCall, ServedModel } from '../codec.ts'
import { v1 } from './codec.ts'

export const X: TensorSpec = spec('x', 'float32', 'N', 2)
export const Y: TensorSpec = spec('y', 'float32', 'N')

export function served(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[] = [Y],
  config: Partial<ModelConfig> = {},
): ServedModel {
  return servedModel(inputs, outputs, config)
}

export async function read(body: unknown, model: ServedModel): Promise<InferenceCall> {
  return v1.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), '', model)
}

/** The body of the answer, where the model computes `outputs`. */
export async function answered(body: unknown, model: ServedModel, outputs: Tensors): Promise<unknown> {
  return JSON.parse(Buffer.concat((await read(body, model)).encode(outputs).body).toString())
}

export const floats = (shape: readonly number[], ...data: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
})
