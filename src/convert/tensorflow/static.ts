import type { OnnxDtype } from '../../formats/index.ts'
import { type Reference, storedDtype } from '../../formats/tensorflow/index.ts'
import { elementsOf } from './constants.ts'
import { originOf, type Scope } from './scope.ts'

/** The number that a reference leads to without computing anything: a Const of one element. */
export async function constantNumber(
  scope: Scope,
  reference: Reference | undefined,
): Promise<number | undefined> {
  const origin = reference && originOf(scope, reference)
  if (origin?.kind !== 'output' || origin.node.op !== 'Const') return undefined
  const [value, type] = [origin.node.attributes.get('value'), origin.node.attributes.get('dtype')]
  if (value?.kind !== 'tensor' || type?.kind !== 'type' || value.tensor.info.elements !== 1) return undefined
  if (!NUMBERS.has(storedDtype(type.value)?.dtype ?? '')) return undefined
  const { elements } = await elementsOf(value.tensor, value.tensor.info.dtype as OnnxDtype)
  return typeof elements[0] === 'number' ? elements[0] : undefined
}

const NUMBERS = new Set(['int32', 'int64', 'float32', 'float64', 'int16', 'int8', 'uint8'])
