import { elementCount } from '../../../../core/index.ts'
import { axisIn, intOf, intsOf, numbersOf } from '../read.ts'
import { isStatic } from '../sizes.ts'
import { slicesOf, stepsIn } from '../slices.ts'
import type { Element, Value } from '../values.ts'
import { broadcastFrom, stridesOf, walk } from './strides.ts'
import type { Elements, Fold } from './types.ts'

/** The same elements in the same order. */
const kept: Fold = ({ inputs: [x] }) => x?.known && [x.known]

/** Elements of the first input from these places. */
function taken(x: Value | undefined, places: readonly number[]): readonly [Elements] | undefined {
  return x?.known && [places.map(at => x.known![at] ?? null)]
}

const transpose: Fold = (node, [type]) => {
  const [x] = node.inputs
  if (!isStatic(x?.shape)) return undefined
  const order = intsOf(node, 'perm') ?? x.shape.map((_, i) => i).reverse()
  const strides = stridesOf(x.shape)
  return taken(
    x,
    walk(
      type!.shape,
      order.map(axis => strides[axis]!),
    ),
  )
}

const slice: Fold = (node, [type]) => {
  const [x] = node.inputs
  if (!isStatic(x?.shape)) return undefined
  const strides = [...stridesOf(x.shape)]
  let first = 0
  for (const { axis, start, end, step } of slicesOf(node, x.shape.length) ?? []) {
    if (start === undefined || end === undefined || step === undefined) return undefined
    first += stepsIn(x.shape[axis]!, start, end, step).first * strides[axis]!
    strides[axis]! *= step
  }
  return taken(x, walk(type!.shape, strides, first))
}

const expand: Fold = ({ inputs: [x] }, [type]) =>
  isStatic(x?.shape) ? taken(x, broadcastFrom(x.shape, type!.shape)) : undefined

const tile: Fold = ({ inputs: [x] }, [type]) => {
  const from = x?.shape
  if (!isStatic(from)) return undefined
  const strides = stridesOf(from)
  let places: readonly number[] = [0]
  for (const [axis, size] of type!.shape.entries()) {
    const [period, stride] = [from[axis]!, strides[axis]!]
    const steps = Array.from({ length: size }, (_, i) => (i % period) * stride)
    places = places.flatMap(at => steps.map(step => at + step))
  }
  return taken(x, places)
}

/** Indices count from the end where they are negative; those that are not known give nothing. */
const gather: Fold = (node, [type]) => {
  const [x, indices] = node.inputs
  if (!x?.known || !indices?.known || !isStatic(x.shape)) return undefined
  const axis = axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  const [size, inner] = [x.shape[axis]!, stridesOf(x.shape)[axis]!]
  const perOuter = indices.known.length * inner
  const count = elementCount(type!.shape)
  const elements = Array.from({ length: count }, (_, i): Element => {
    const index = indices.known![Math.floor((i % perOuter) / inner)]
    if (typeof index !== 'number' || index < -size || index >= size) return null
    const outer = Math.floor(i / perOuter)
    return x.known![(outer * size + (index < 0 ? index + size : index)) * inner + (i % inner)] ?? null
  })
  return [elements]
}

/** Parts that are not known have places of their own. */
const concat: Fold = (node, [type]) => {
  const { inputs } = node
  const axis = axisIn(node, intOf(node, 'axis', 0), type!.shape.length)
  const parts: { readonly known: Elements | undefined; readonly run: number }[] = []
  for (const x of inputs) {
    if (!isStatic(x?.shape)) return undefined
    parts.push({ known: x.known, run: elementCount(x.shape.slice(axis)) })
  }
  const outer = elementCount(type!.shape.slice(0, axis))
  const run = ({ known, run: length }: (typeof parts)[number], i: number): Elements =>
    known?.slice(i * length, (i + 1) * length) ?? new Array<null>(length).fill(null)
  return [Array.from({ length: outer }, (_, i) => parts.flatMap(part => run(part, i))).flat()]
}

const split: Fold = (node, types) => {
  const [x] = node.inputs
  if (!x?.known || !isStatic(x.shape)) return undefined
  const axis = axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  const strides = stridesOf(x.shape)
  let start = 0
  return types.map(({ shape }) => {
    const places = walk(shape, strides, start * strides[axis]!)
    start += shape[axis]!
    return places.map(at => x.known![at] ?? null)
  })
}

/** Puts rows of updates where indices say. */
const scatterNd: Fold = (node, [type]) => {
  const [x, indices, updates] = node.inputs
  const places = numbersOf(indices)
  if (node.attributes['reduction'] || !x?.known || !places || !updates?.known) return undefined
  const depth = indices!.shape!.at(-1) as number
  const { shape } = type!
  const strides = stridesOf(shape)
  const run = elementCount(shape.slice(depth))
  const elements = [...x.known]
  for (let row = 0; row * depth < places.length; row++) {
    const index = places.slice(row * depth, (row + 1) * depth)
    if (index.some((at, axis) => at < -shape[axis]! || at >= shape[axis]!)) return undefined
    const first = index.reduce((sum, at, axis) => sum + (at < 0 ? at + shape[axis]! : at) * strides[axis]!, 0)
    for (let i = 0; i < run; i++) elements[first + i] = updates.known[row * run + i] ?? null
  }
  return [elements]
}

/** Each index takes the place of its own along `axis`. */
const gatherElements: Fold = (node, [type]) => {
  const [x, indices] = node.inputs
  if (!x?.known || !indices?.known || !isStatic(x.shape)) return undefined
  const axis = axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  const strides = [...stridesOf(x.shape)]
  const [size, stride] = [x.shape[axis]!, strides[axis]!]
  strides[axis] = 0
  const places = walk(type!.shape, strides)
  const elements = indices.known.map((index, i): Element => {
    if (typeof index !== 'number' || index < -size || index >= size) return null
    return x.known![places[i]! + (index < 0 ? index + size : index) * stride] ?? null
  })
  return [elements]
}

export const moves: Readonly<Record<string, Fold>> = {
  Identity: kept,
  Reshape: kept,
  Squeeze: kept,
  Unsqueeze: kept,
  Flatten: kept,
  Transpose: transpose,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  Concat: concat,
  Split: split,
  ScatterND: scatterNd,
}
