import type { BaseLayout, ByteRange, FileLayout, Piece, PlacedTensor } from './types.ts'

/** Tensors of a base by their names, made once for each base. */
const byName = new WeakMap<readonly PlacedTensor[], ReadonlyMap<string, PlacedTensor>>()

/**
 * The bytes of a base that a piece is compared with: the same place in the tensor of the same name, as long as the
 * piece. Undefined where the base has no such tensor, or one of another type or with other rows, or ends before.
 */
export function pairOf(piece: Piece, layout: FileLayout, base: BaseLayout): ByteRange | undefined {
  const tensor = piece.tensor === undefined ? undefined : layout.tensors[piece.tensor]
  const other = tensor && namesOf(base).get(tensor.name)
  if (!tensor || !other || other.kind !== tensor.kind || other.dtype !== tensor.dtype) return undefined
  if (!sameRows(tensor, other)) return undefined
  const within = piece.offset - tensor.offset
  const offset = other.offset + within
  // A piece of a larger tensor ends with it; a group goes on into its neighbours.
  const end = within + piece.length <= tensor.length ? other.offset + other.length : base.size
  return offset + piece.length <= end ? { offset, length: piece.length } : undefined
}

/** A vocabulary that grew keeps its first rows where they were. */
function sameRows(a: PlacedTensor, b: PlacedTensor): boolean {
  if (a.shape.length !== b.shape.length) return false
  return a.shape.every((size, axis) => axis === 0 || size === b.shape[axis])
}

function namesOf({ tensors }: BaseLayout): ReadonlyMap<string, PlacedTensor> {
  const known = byName.get(tensors)
  if (known) return known
  // Of two with one name, the first.
  const names = new Map(tensors.toReversed().map(tensor => [tensor.name, tensor]))
  byName.set(tensors, names)
  return names
}
