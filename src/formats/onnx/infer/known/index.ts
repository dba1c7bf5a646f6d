import { elementCount } from '../../../../core/index.ts'
import { isStatic } from '../sizes.ts'
import type { InferredType, NodeToInfer } from '../types.ts'
import type { Shape } from '../values.ts'
import { cast } from './cast.ts'
import { MAX_KNOWN } from './elements.ts'
import { fills } from './fill.ts'
import { moves } from './moves.ts'
import { numbers } from './numbers.ts'
import { sums } from './sums.ts'
import type { Elements, Fold } from './types.ts'

const FOLDS: Readonly<Record<string, Fold>> = {
  ...numbers,
  ...moves,
  ...sums,
  ...fills,
  Cast: cast,
  CastLike: cast,
}

/** Adds what can be told of the elements, where the shapes are known and small. */
export function withKnown(node: NodeToInfer, types: readonly InferredType[]): readonly InferredType[] {
  if (node.domain !== '' || !Object.hasOwn(FOLDS, node.op) || !node.inputs.some(x => x?.known)) return types
  const small = types.flatMap(({ dtype, shape }) => (isSmall(shape) ? [{ dtype, shape }] : []))
  const known = small.length === types.length ? FOLDS[node.op]!(node, small) : undefined
  if (!known) return types
  return types.map((type, i) => (says(known[i], small[i]!.shape) ? { ...type, known: known[i]! } : type))
}

function isSmall(shape: Shape | undefined): shape is readonly number[] {
  return isStatic(shape) && elementCount(shape) <= MAX_KNOWN
}

/** Of nothing, everything is known. */
function says(known: Elements | undefined, shape: readonly number[]): boolean {
  if (known?.length !== elementCount(shape)) return false
  return known.length === 0 || known.some(element => element !== null)
}
