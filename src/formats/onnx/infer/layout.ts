import { as } from './elementwise.ts'
import { axisIn, intOf, intsOf, numbersOf, open, sizesOf, typed, unfit } from './read.ts'
import { divide, isStatic, multiply, sizeOf } from './sizes.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Element, Shape, Size } from './values.ts'

const shapeOf: Rule = node => {
  const shape = node.inputs[0]?.shape
  if (!shape) return [typed('int64', [null])]
  const part = shape.slice(intOf(node, 'start', 0), intOf(node, 'end') ?? shape.length)
  return [{ dtype: 'int64', shape: [part.length], known: part }]
}

const size: Rule = ({ inputs: [x] }) => {
  const count = x?.shape ? multiply(x.shape) : null
  return [{ dtype: 'int64', shape: [], ...(count !== null && { known: [count] }) }]
}

/** −1 takes what is left, 0 the size of the input at the same axis unless `allowzero`. */
const reshape: Rule = node => {
  const [x, target] = node.inputs
  if (!x) return undefined
  const wanted = sizesOf(target)
  if (!wanted) return [typed(x.dtype, undefined)]
  const zero = intOf(node, 'allowzero', 0) !== 0
  const sizes = wanted.map((element, i): Size | 'left' => {
    if (element === 0 && !zero) return copied(node, x.shape, i)
    return element === -1 ? 'left' : sizeOf(element)
  })
  return [typed(x.dtype, filled(x.shape, sizes, wanted))]
}

function copied({ op }: NodeToInfer, shape: Shape | undefined, i: number): Size {
  if (shape && i >= shape.length) throw unfit(`${op}: [${shape.join(', ')}] has no axis ${i} to keep`)
  return shape?.[i] ?? null
}

/** Puts into −1, or into the one size that is open, what the input has more. */
function filled(
  shape: Shape | undefined,
  sizes: readonly (Size | 'left')[],
  wanted: readonly Element[],
): Shape {
  const left = wanted.filter(element => element === -1).length
  if (left > 1) throw unfit(`Reshape to [${wanted.join(', ')}] has more than one −1`)
  // An open size may be a −1 or a 0 when the model runs.
  const at =
    left === 1
      ? wanted.indexOf(-1)
      : sizes.filter(item => item === null).length === 1
        ? sizes.indexOf(null)
        : -1
  const others = sizes.filter((_, i) => i !== at) as Size[]
  const rest = shape ? remainder(shape, others) : null
  if (at < 0) checkCount(shape, others)
  return sizes.map((item, i): Size => (i === at ? rest : item === 'left' ? null : item))
}

function remainder(shape: Shape, others: Shape): Size {
  const rest = divide(shape, others)
  if (rest === null && isStatic(shape) && isStatic(others) && !shape.includes(0) && !others.includes(0))
    throw unfit(`The shape [${shape.join(', ')}] can't become [${others.join(', ')}] and a whole size`)
  // Sizes of one open axis each: they cancel only where they are the same, which nobody knows.
  return rest
}

function checkCount(shape: Shape | undefined, sizes: Shape): void {
  if (!isStatic(shape) || !isStatic(sizes)) return
  if (multiply(shape) !== multiply(sizes))
    throw unfit(`The shape [${shape.join(', ')}] can't become [${sizes.join(', ')}]`)
}

const transpose: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const perm = intsOf(node, 'perm')
  if (!x.shape) return [typed(x.dtype, perm && open(perm.length))]
  const order = perm ?? x.shape.map((_, i) => i).reverse()
  if (order.length !== x.shape.length || new Set(order).size !== order.length)
    throw unfit(`Transpose: ${x.shape.length} axes can't be put in the order ${order.join(', ')}`)
  return [
    typed(
      x.dtype,
      order.map(axis => x.shape![axisIn(node, axis, order.length)]!),
    ),
  ]
}

const squeeze: Rule = node => {
  const [x, input] = node.inputs
  if (!x?.shape) return x && [typed(x.dtype, undefined)]
  const { shape } = x
  const given = input ? numbersOf(input) : intsOf(node, 'axes')
  if (!given) {
    if (input || !isStatic(shape)) return [typed(x.dtype, undefined)]
    return [
      typed(
        x.dtype,
        shape.filter(item => item !== 1),
      ),
    ]
  }
  const axes = given.map(axis => axisIn(node, axis, shape.length))
  const wrong = axes.find(axis => typeof shape[axis] === 'number' && shape[axis] !== 1)
  if (wrong !== undefined) throw unfit(`Squeeze: axis ${wrong} has ${shape[wrong]} elements`)
  return [
    typed(
      x.dtype,
      shape.filter((_, i) => !axes.includes(i)),
    ),
  ]
}

const unsqueeze: Rule = node => {
  const [x, input] = node.inputs
  if (!x) return undefined
  const given = input ? sizesOf(input) : intsOf(node, 'axes')
  if (!x.shape || !given) return [typed(x.dtype, undefined)]
  const rank = x.shape.length + given.length
  if (given.some(axis => typeof axis !== 'number')) return [typed(x.dtype, open(rank))]
  const axes = new Set((given as readonly number[]).map(axis => axisIn(node, axis, rank)))
  if (axes.size !== given.length) throw unfit(`Unsqueeze: the axes ${given.join(', ')} name one twice`)
  let next = 0
  return [
    typed(
      x.dtype,
      Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : x.shape![next++]!)),
    ),
  ]
}

const flatten: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  if (!x.shape) return [typed(x.dtype, open(2))]
  const axis = intOf(node, 'axis', 1)
  const at = axis === x.shape.length ? axis : axisIn(node, axis, x.shape.length)
  return [typed(x.dtype, [multiply(x.shape.slice(0, at)), multiply(x.shape.slice(at))])]
}

export const layout: Readonly<Record<string, Rule>> = {
  Shape: shapeOf,
  Size: as('int64', size),
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
}
