import type { ByteSource } from '../../../core/index.ts'
import { type ByteSink, PIECE_BYTES, type ReadOptions } from '../../ports.ts'
import { bytesField, type Part } from '../../protobuf/encode.ts'
import { type Range, Wire } from '../../protobuf/wire.ts'
import { tensorMissing } from '../../tensors.ts'
import { rangePieces } from '../elements/pieces.ts'
import { readOnnx } from '../inspect.ts'
import { wireFailures } from '../limits.ts'
import { type ListedTensor, listTensors } from '../open/tensors.ts'
import { EXTERNAL_BYTES, type Externals } from './externals.ts'
import { encodeElements } from './tensor.ts'
import type { OnnxTensor, OnnxWriteOptions, OnnxWritten } from './types.ts'
import { writePlanned } from './write.ts'

export interface OnnxRewriteOptions extends OnnxWriteOptions {
  /** By the names that `openOnnx` lists. Shape and type may change; the name stays. */
  readonly initializers: ReadonlyMap<string, Omit<OnnxTensor, 'name'>>
}

/** Fields of a TensorProto that stay when its elements are replaced: name, doc_string, metadata_props. */
const KEPT = new Set([8, 12, 16])

/**
 * Writes a model again with other elements in some tensors; every other byte stays as it is, in its order. Tensors
 * in external files stay there. Streams, and holds no tensor.
 * Throws TENSOR_MISSING for a name that the model does not list, and what `openOnnx` and `writeOnnx` throw.
 */
export async function rewriteOnnx(
  source: ByteSource,
  sink: ByteSink,
  { initializers, external }: OnnxRewriteOptions,
): Promise<OnnxWritten> {
  const listed = listTensors(await readOnnx(source))
  const replaced = new Map<number, Replacement>()
  for (const [name, tensor] of initializers) {
    const found = listed.get(name)
    if (!found) throw tensorMissing(source.name, name, listed.keys())
    replaced.set(found.proto.range.start, replacement(found, tensor))
  }
  const wire = new Wire(source, wireFailures)
  return writePlanned(
    externals => {
      // Where tensors go to another file, those that are not replaced go with them.
      const moved = externals ? new Map([...movable(source, listed), ...replaced]) : replaced
      return copy(wire, wire.whole, [...moved.values()].sort(byStart), externals)
    },
    sink,
    external,
  )
}

interface Replacement {
  /** The old TensorProto. */
  readonly range: Range
  readonly tensor: OnnxTensor
}

const byStart = (a: Replacement, b: Replacement) => a.range.start - b.range.start

function replacement({ proto }: ListedTensor, tensor: Omit<OnnxTensor, 'name'>): Replacement {
  return { range: proto.range, tensor: { ...tensor, name: proto.name } }
}

/** Tensors in the model that are large enough for an external file, with their own elements. */
function movable(source: ByteSource, listed: ReadonlyMap<string, ListedTensor>): [number, Replacement][] {
  return Array.from(listed.values()).flatMap(({ proto }): [number, Replacement][] => {
    const { data, name, dtype, shape, range } = proto
    if (data.kind !== 'raw' || data.length < EXTERNAL_BYTES || dtype.startsWith('unknown')) return []
    const pieces = (options?: ReadOptions) =>
      rangePieces(source, data.offset, data.length, PIECE_BYTES, options?.buffer)
    return [[range.start, { range, tensor: { name, dtype, shape, data: pieces } }]]
  })
}

/**
 * The parts of a message in which some tensors are replaced. Messages around a tensor are found by their ranges, so
 * that whatever else they hold is copied without being understood.
 */
async function copy(
  wire: Wire,
  range: Range,
  targets: readonly Replacement[],
  externals: Externals | undefined,
): Promise<Part[]> {
  const parts: Part[] = []
  let copied = range.start
  let next = 0
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes' || next >= targets.length) return
    const { start, end } = field.range
    const first = next
    while (next < targets.length && targets[next]!.range.start < end) next++
    if (next === first) return
    const inside = targets.slice(first, next)
    const [only] = inside
    const exact = only!.range.start === start && only!.range.end === end
    const content = exact
      ? await replace(wire, only!, externals)
      : await copy(wire, field.range, inside, externals)
    for (const part of verbatim(wire.source, copied, field.start)) parts.push(part)
    for (const part of bytesField(field.number, content)) parts.push(part)
    copied = end
  })
  return [...parts, ...verbatim(wire.source, copied, range.end)]
}

async function replace(
  wire: Wire,
  { range, tensor }: Replacement,
  externals: Externals | undefined,
): Promise<Part[]> {
  const parts = encodeElements(tensor, externals)
  await wire.walk(range, field => {
    if (KEPT.has(field.number) && field.kind === 'bytes')
      parts.push(...verbatim(wire.source, field.start, field.range.end))
  })
  return parts
}

/** A part of the file as it is. */
function verbatim(source: ByteSource, start: number, end: number): Part[] {
  if (end === start) return []
  return [
    {
      byteLength: end - start,
      what: `${source.name}, byte ${start}`,
      stream: options => rangePieces(source, start, end - start, PIECE_BYTES, options?.buffer),
    },
  ]
}
