import type { OnnxDtype } from '../../formats/index.ts'
import type { Reference } from '../../formats/tensorflow/index.ts'
import { elementsOf } from './constants.ts'
import { originOf, type Scope } from './scope.ts'

/** Numbers that are read so: axes, bounds of slices. */
const MAX_NUMBERS = 16

const NUMBERS = new Set(['int32', 'int64', 'float32', 'float64', 'int16', 'int8', 'uint8'])

/** The numbers that a reference leads to without computing anything: a small Const. */
export async function constantNumbers(
  scope: Scope,
  reference: Reference | undefined,
): Promise<readonly number[] | undefined> {
  const origin = reference && originOf(scope, reference)
  if (origin?.kind !== 'output' || origin.node.op !== 'Const') return undefined
  const value = origin.node.attributes.get('value')
  if (value?.kind !== 'tensor' || value.tensor.info.elements > MAX_NUMBERS) return undefined
  const { dtype } = value.tensor.info
  if (!NUMBERS.has(dtype)) return undefined
  const { elements } = await elementsOf(value.tensor, dtype as OnnxDtype)
  return elements.every(element => typeof element === 'number') ? (elements as readonly number[]) : undefined
}

/** As `constantNumbers`, of one. */
export async function constantNumber(
  scope: Scope,
  reference: Reference | undefined,
): Promise<number | undefined> {
  const numbers = await constantNumbers(scope, reference)
  return numbers?.length === 1 ? numbers[0] : undefined
}
