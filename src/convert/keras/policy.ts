import type { Json } from '../../core/index.ts'
import { DTYPES } from '../../core/index.ts'
import type { OnnxDtype } from '../../formats/index.ts'
import { Refusal } from '../refusals.ts'
import { isObject } from './config.ts'
import type { ComputeDtype } from './weights/floats.ts'

/**
 * What a layer computes in. bfloat16 is computed in float32: of ONNX Runtime's CPU kernels few take it, and no result
 * is less exact.
 */
const COMPUTE: ReadonlyMap<string, ComputeDtype> = new Map([
  ['float32', 'float32'],
  ['float64', 'float64'],
  ['float16', 'float16'],
  ['mixed_float16', 'float16'],
  ['mixed_float32', 'float32'],
  ['bfloat16', 'float32'],
  ['mixed_bfloat16', 'float32'],
])

/** `"float32"`, Keras 2's `Policy`, Keras 3's `DTypePolicy`; undefined for layers of integers and texts. */
export function computeDtype(dtype: Json | undefined): ComputeDtype | undefined {
  const name = policyName(dtype)
  if (name === undefined) return 'float32'
  const compute = COMPUTE.get(name)
  if (compute || DTYPES.some(known => known === name)) return compute
  throw new Refusal(`the dtype policy '${name.slice(0, 60)}'`, 'Save the model before it is quantized.')
}

/** The dtype of an input layer. bfloat16 comes as float32. */
export function inputDtype(dtype: Json | undefined): OnnxDtype {
  const name = (policyName(dtype) ?? 'float32').replace(/^mixed_/, '')
  const known = DTYPES.find(candidate => candidate === name)
  if (!known) throw new Refusal(`inputs of the dtype '${name.slice(0, 60)}'`)
  return known === 'bfloat16' ? 'float32' : known
}

function policyName(dtype: Json | undefined): string | undefined {
  if (typeof dtype === 'string') return dtype
  if (!isObject(dtype)) return undefined
  const className = dtype['class_name']
  const config = dtype['config']
  const name = isObject(config) ? config['name'] : undefined
  if (typeof className === 'string' && /^Quantized|^DTypePolicyMap$/.test(className)) return className
  return typeof name === 'string' ? name : undefined
}
