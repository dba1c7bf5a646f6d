import type { Tensor } from '../../../../core/index.ts'
import { numbersOf } from '../../../../model/index.ts'
import { type BinaryTensor, member } from './oip-tensors.ts'

/** What an answer decides for one example: a class by its name or its index, or a value. */
export interface Decision {
  readonly label?: string
  readonly index?: number
  readonly value?: number
}

/** Of larger batches no decisions are kept: who labels them sends them in parts. */
const MAX_ROWS = 1024
const MAX_LABEL = 256
/** `0.93:3:cat`, of the classification extension. */
const CLASSIFIED = /^-?[\d.]+(?:e[+-]?\d+)?:(\d{1,9})(?::(.*))?$/is

/** Of the first output, in the words of any protocol; undefined where it decides nothing that a label could name. */
export function decisionsOf(
  document: unknown,
  tensors: readonly BinaryTensor[],
): readonly Decision[] | undefined {
  const outputs = member(document, 'outputs')
  const first: unknown = Array.isArray(outputs) ? outputs[0] : undefined
  if (member(first, 'datatype') !== undefined) return ofOutput(first, tensors)
  const predictions = member(document, 'predictions')
  if (Array.isArray(predictions)) return ofRows(predictions)
  const results = member(document, 'results')
  if (Array.isArray(results)) return ofRows(results)
  if (outputs !== undefined && member(document, 'label') === undefined) {
    const columns: unknown = Array.isArray(outputs) ? outputs : Object.values(outputs as object)[0]
    return Array.isArray(columns) ? ofRows(columns) : undefined
  }
  const isTold = member(document, 'label') !== undefined || member(document, 'values') !== undefined
  return isTold ? ofRows([document]) : undefined
}

export function decisionsOfTensors(tensors: readonly Tensor[]): readonly Decision[] | undefined {
  const [first] = tensors
  return first && ofTensor(first)
}

function ofOutput(output: unknown, tensors: readonly BinaryTensor[]): readonly Decision[] | undefined {
  const data = member(output, 'data')
  if (!Array.isArray(data)) {
    const tensor = tensors.find(({ index }) => index === 0)?.tensor
    return tensor && ofTensor(tensor)
  }
  const shape = member(output, 'shape')
  const whole = /^(U?INT|BOOL)/.test(String(member(output, 'datatype')))
  return Array.isArray(shape)
    ? ofElements(data.flat(Number.POSITIVE_INFINITY), shape as number[], whole)
    : undefined
}

function ofTensor(tensor: Tensor): readonly Decision[] | undefined {
  const { data, dtype, shape } = tensor
  const elements = Array.isArray(data) ? (data as readonly string[]) : numbersOf(tensor)
  return ofElements(elements, shape, /^(u?int|bool)/.test(dtype))
}

function ofElements(
  elements: ArrayLike<unknown>,
  shape: readonly number[],
  whole: boolean,
): readonly Decision[] | undefined {
  const rows = shape.length === 0 ? 1 : shape[0]!
  const width = elements.length / rows
  if (!(rows >= 1 && rows <= MAX_ROWS) || !Number.isInteger(width) || shape.length > 2) return undefined
  const decisions = Array.from({ length: rows }, (_, row) => {
    if (width === 1) return ofElement(elements[row], whole)
    return whole ? undefined : largest(elements, row * width, width)
  })
  return decisions.every(each => each !== undefined) ? decisions : undefined
}

function ofRows(rows: readonly unknown[]): readonly Decision[] | undefined {
  if (rows.length === 0 || rows.length > MAX_ROWS) return undefined
  const decisions = rows.map(ofRow)
  return decisions.every(each => each !== undefined) ? decisions : undefined
}

function ofRow(row: unknown): Decision | undefined {
  if (Array.isArray(row)) return ofList(row)
  if (typeof row !== 'object' || row === null) return ofElement(row, false)
  // Tensors and sets of classes: no label names one of them.
  if (member(row, 'dtype') !== undefined || member(row, 'classes') !== undefined) return undefined
  const [label, index, values] = [member(row, 'label'), member(row, 'index'), member(row, 'values')]
  if (typeof label === 'string' && label.length <= MAX_LABEL) {
    return typeof index === 'number' ? { label, index } : { label }
  }
  if (values !== undefined) return ofRow(Array.isArray(values) ? values : Object.values(Object(values)))
  const parts: unknown[] = Object.values(row)
  return typeof parts[0] === 'object'
    ? Array.isArray(parts[0])
      ? ofList(parts[0])
      : undefined
    : ofElement(parts[0], false)
}

/** Scores, or names with their scores. */
function ofList(list: readonly unknown[]): Decision | undefined {
  if (list.length === 1) return ofElement(list[0], false)
  if (list.length > 0 && list.every(each => Array.isArray(each) && each.length === 2)) {
    const pairs = list as readonly (readonly [unknown, unknown])[]
    const best = largest(
      pairs.map(([, score]) => score),
      0,
      pairs.length,
    )
    const label = best?.index === undefined ? undefined : pairs[best.index]?.[0]
    return typeof label === 'string' && label !== '' && label.length <= MAX_LABEL ? { ...best, label } : best
  }
  return largest(list, 0, list.length)
}

function ofElement(element: unknown, whole: boolean): Decision | undefined {
  if (typeof element === 'number') return whole ? { index: element } : { value: element }
  if (typeof element === 'boolean') return { index: element ? 1 : 0 }
  if (typeof element !== 'string' || element.length > MAX_LABEL) return undefined
  const [, index, label] = CLASSIFIED.exec(element) ?? []
  if (index === undefined) return { label: element }
  return label === undefined ? { index: Number(index) } : { index: Number(index), label }
}

/** The first of the largest; undefined where not all are numbers. */
function largest(elements: ArrayLike<unknown>, from: number, count: number): Decision | undefined {
  let [index, most] = [-1, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < count; i++) {
    const element = elements[from + i]
    if (typeof element !== 'number') return undefined
    if (element > most || index < 0) [index, most] = [i, element]
  }
  return index < 0 ? undefined : { index }
}
