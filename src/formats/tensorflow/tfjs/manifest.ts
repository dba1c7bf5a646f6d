import { elementCount } from '../../../core/index.ts'
import type { StrictJson } from '../../bytes/json.ts'
import type { TensorDtype, TensorQuantization } from '../../types.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES, MAX_RANK, MAX_TENSORS } from '../limits.ts'
import { isObject, listAt, objectAt, textAt } from './json.ts'

/** Weights that lie one behind the other in the joined files of `paths`. */
export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly Weight[]
}

export interface Weight {
  readonly name: string
  /** As stored: of quantized weights the integers. */
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly elements: number
  /** Bytes of one element; absent for text. */
  readonly itemBytes?: number
  readonly quantization?: TensorQuantization
  readonly optimizer: boolean
}

const DTYPES: ReadonlyMap<string, { readonly dtype: TensorDtype; readonly itemBytes?: number }> = new Map([
  ['float32', { dtype: 'float32', itemBytes: 4 }],
  ['int32', { dtype: 'int32', itemBytes: 4 }],
  ['bool', { dtype: 'bool', itemBytes: 1 }],
  ['uint8', { dtype: 'uint8', itemBytes: 1 }],
  ['uint16', { dtype: 'uint16', itemBytes: 2 }],
  ['int8', { dtype: 'int8', itemBytes: 1 }],
  ['int16', { dtype: 'int16', itemBytes: 2 }],
  ['float16', { dtype: 'float16', itemBytes: 2 }],
  ['float64', { dtype: 'float64', itemBytes: 8 }],
  ['int64', { dtype: 'int64', itemBytes: 8 }],
  ['complex64', { dtype: 'complex64', itemBytes: 8 }],
  ['string', { dtype: 'string' }],
])
/** What weights are quantized to. */
const QUANTIZED = new Set(['uint8', 'uint16', 'float16'])
const MAX_PATHS = 100_000

/** `weightsManifest`: groups of paths and of weights. */
export function readManifest(
  json: StrictJson | undefined,
  file: string,
  fail: TensorflowFailures,
): WeightGroup[] {
  if (json === undefined || json === null) return []
  if (!Array.isArray(json)) throw fail.malformed({ name: file }, 'weightsManifest is no list')
  const names = new Set<string>()
  let paths = 0
  return json.map((group: StrictJson) => {
    const own = listAt(group, 'paths').map(path => checkedPath(path, file, fail))
    paths += own.length
    if (paths > MAX_PATHS) throw fail.limit({ name: file }, `more than ${MAX_PATHS} files of weights`)
    const weights = listAt(group, 'weights').map(weight => readWeight(weight, file, fail))
    for (const { name } of weights) {
      if (names.has(name)) throw fail.malformed({ name: file }, `the weight '${name}' occurs twice`)
      names.add(name)
      if (names.size > MAX_TENSORS) throw fail.limit({ name: file }, `more than ${MAX_TENSORS} weights`)
    }
    return { paths: own, weights }
  })
}

function readWeight(json: StrictJson, file: string, fail: TensorflowFailures): Weight {
  const name = textAt(json, 'name')
  if (name === undefined || name.length > MAX_NAME_BYTES)
    throw fail.malformed({ name: file }, 'a weight has no name, or too long a one')
  const place = { name: `${file}, weight '${name}'` }
  const shape = listAt(json, 'shape').map(size => {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size
    throw fail.malformed(place, `the size ${String(size).slice(0, 40)} in its shape is impossible`)
  })
  if (shape.length > MAX_RANK) throw fail.limit(place, `more than ${MAX_RANK} dimensions`)
  const quantization = objectAt(json, 'quantization')
  const stored = (quantization.size > 0 ? textAt(quantization, 'dtype') : textAt(json, 'dtype')) ?? ''
  const dtype = DTYPES.get(stored)
  if (!dtype || (quantization.size > 0 && !QUANTIZED.has(stored)))
    throw fail.unsupported(place, `it has elements of the type '${stored.slice(0, 40)}'`)
  const elements = elementCount(shape)
  if (!Number.isSafeInteger(elements * (dtype.itemBytes ?? 1)))
    throw fail.malformed(place, 'its shape is beyond any file')
  const affine =
    quantization.size > 0 && stored !== 'float16' ? affineOf(quantization, place, fail) : undefined
  return {
    name,
    ...dtype,
    shape,
    elements,
    ...(affine && { quantization: affine }),
    optimizer: textAt(json, 'group') === 'optimizer',
  }
}

/** real = stored · scale + min, which is (stored − zeroPoint) · scale. */
function affineOf(json: StrictJson, place: { name: string }, fail: TensorflowFailures): TensorQuantization {
  const scale = isObject(json) ? json.get('scale') : undefined
  const min = isObject(json) ? json.get('min') : undefined
  if (
    typeof scale !== 'number' ||
    typeof min !== 'number' ||
    scale === 0 ||
    !Number.isFinite(scale) ||
    !Number.isFinite(min / scale)
  )
    throw fail.malformed(place, 'its quantization has no scale, or no min')
  return { scheme: 'affine', scale: [scale], zeroPoint: [min === 0 ? 0 : -min / scale] }
}

function checkedPath(path: StrictJson, file: string, fail: TensorflowFailures): string {
  if (typeof path !== 'string' || path === '')
    throw fail.malformed({ name: file }, 'a path in weightsManifest is no text')
  const leads = /^[/\\]|^[A-Za-z]:|\0/.test(path) || path.split(/[/\\]/).includes('..')
  if (leads || /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path))
    throw fail.path({ name: file }, `the weights are in '${path.slice(0, 200)}', outside the folder`)
  return path
}
