import type { BaseLayout, ByteRange, FileLayout, Piece, PlacedTensor } from './types.ts'

type Tensors = readonly PlacedTensor[]
type Pairs = readonly (PlacedTensor | undefined)[]

/** Of a file's tensors and a base's, made once for all its pieces. */
const made = new WeakMap<Tensors, WeakMap<Tensors, Pairs>>()

/**
 * The bytes of a base that a piece is compared with: the same place in its tensor there, as long as the piece. Undefined
 * where the base has no such tensor, or ends before.
 */
export function pairOf(piece: Piece, layout: FileLayout, base: BaseLayout): ByteRange | undefined {
  const tensor = piece.tensor === undefined ? undefined : layout.tensors[piece.tensor]
  const other = tensor && pairsOf(layout.tensors, base.tensors)[piece.tensor!]
  if (!tensor || !other) return undefined
  const within = piece.offset - tensor.offset
  const offset = other.offset + within
  // A piece of a larger tensor ends with it; a group goes on into its neighbours.
  const end = within + piece.length <= tensor.length ? other.offset + other.length : base.size
  return offset + piece.length <= end ? { offset, length: piece.length } : undefined
}

function pairsOf(tensors: Tensors, base: Tensors): Pairs {
  const ofBase = made.get(base) ?? new WeakMap<Tensors, Pairs>()
  made.set(base, ofBase)
  const known = ofBase.get(tensors)
  if (known) return known
  const pairs = pairUp(tensors, base)
  ofBase.set(tensors, pairs)
  return pairs
}

/**
 * For each tensor the one of the base that has its name, type and rows. Those that have none were renamed, perhaps: each
 * takes the next one of its type and shape that nobody has by its name. A wrong guess costs the time that looking takes.
 */
function pairUp(tensors: Tensors, base: Tensors): Pairs {
  // Of two with one name, the first.
  const named = new Map(base.toReversed().map(tensor => [tensor.name, tensor]))
  const byName = tensors.map(tensor => {
    const other = named.get(tensor.name)
    return other && isAlike(tensor, other) ? other : undefined
  })
  const taken = new Set(byName)
  const left = Map.groupBy(
    base.filter(tensor => !taken.has(tensor)),
    formOf,
  )
  for (const others of left.values()) others.reverse()
  return byName.map((other, index) => other ?? left.get(formOf(tensors[index]!))?.pop())
}

function formOf({ kind, dtype, shape }: PlacedTensor): string {
  return `${kind} ${dtype} ${shape.join(' ')}`
}

/** A vocabulary that grew keeps its first rows where they were. */
function isAlike(a: PlacedTensor, b: PlacedTensor): boolean {
  if (a.kind !== b.kind || a.dtype !== b.dtype || a.shape.length !== b.shape.length) return false
  return a.shape.every((size, axis) => axis === 0 || size === b.shape[axis])
}
