import type { ByteSource } from '../../core/index.ts'

/** The most that one read of a scattered view takes. */
const READ_BYTES = 4 * 1024 * 1024
/** Elements at most this far apart are read with what lies between: a read costs about as much as a page. */
const GAP_BYTES = 4096
/** Of a stretch with larger gaps, this share must be wanted to read it whole. */
const MIN_DENSITY = 0.25

/** Lines of a tile that are written at once: the innermost caches hold eight that are a power of two apart. */
const TILE_LINES = 8
/** Elements of each line: a kilobyte of four-byte numbers. */
const TILE_LENGTH = 256

/** One axis of a box that is copied: its length, and its steps in elements of the source and of the target. */
export interface BoxAxis {
  readonly length: number
  readonly from: number
  readonly to: number
}

/**
 * Copies a box of elements from a source into `target`. The box begins at byte `offset` of the source and goes to
 * element `first` of the target. Steps in the source are positive or zero, those in the target any. Few large
 * ranges are read where the box is dense.
 */
export async function gather(
  source: ByteSource,
  offset: number,
  box: readonly BoxAxis[],
  itemBytes: number,
  target: Uint8Array,
  first = 0,
): Promise<void> {
  const axes = box.toSorted((a, b) => b.from - a.from)
  // Elements from an axis' first to behind its last, axes inside included.
  const spans = new Array<number>(axes.length + 1).fill(1)
  const wanted = new Array<number>(axes.length + 1).fill(1)
  for (let i = axes.length - 1; i >= 0; i--) {
    const { length, from } = axes[i]!
    spans[i] = spans[i + 1]! + (length - 1) * from
    wanted[i] = Math.min(wanted[i + 1]! * (from === 0 ? 1 : length), spans[i]!)
  }
  await descend(0, offset, first)

  async function descend(level: number, at: number, to: number): Promise<void> {
    const axis = axes[level]
    const inner = spans[level + 1] ?? 1
    if (!axis || axis.from === 0) return copyFrom(level, at, to, spans[level]!)
    const dense =
      axis.from * itemBytes <= GAP_BYTES || wanted[level + 1]! / Math.max(axis.from, inner) >= MIN_DENSITY
    const fit = Math.floor((READ_BYTES / itemBytes - inner) / axis.from) + 1
    if (!dense || fit < 1) {
      for (let i = 0; i < axis.length; i++)
        await descend(level + 1, at + i * axis.from * itemBytes, to + i * axis.to)
      return
    }
    for (let i = 0; i < axis.length; i += fit) {
      const length = Math.min(fit, axis.length - i)
      await copyFrom(
        level,
        at + i * axis.from * itemBytes,
        to + i * axis.to,
        inner + (length - 1) * axis.from,
        length,
      )
    }
  }

  async function copyFrom(level: number, at: number, to: number, span: number, length?: number) {
    const stored = await source.read(at, span * itemBytes)
    const part = axes.slice(level)
    if (length !== undefined) part[0] = { ...part[0]!, length }
    scatter(stored, part, itemBytes, target, to)
  }
}

/** Copies elements from `stored` to `target`, from element `to` on, by the steps of each axis. */
function scatter(
  stored: Uint8Array,
  axes: readonly BoxAxis[],
  itemBytes: number,
  target: Uint8Array,
  to: number,
): void {
  // The axis on which both steps are 1 goes innermost, else the last one: long copies first.
  const straight = ({ from, to: step }: BoxAxis): number => Number(from === 1 && step === 1)
  const inOrder = axes.toSorted((a, b) => straight(a) - straight(b))
  const inner = inOrder.pop() ?? { length: 1, from: 1, to: 1 }
  const plain = straight(inner) === 1
  const run = plain ? copyBlock(stored, target, itemBytes) : copyItems(stored, target, itemBytes)
  const at = plain ? -1 : inOrder.findIndex(axis => axis.to === 1)
  const [across] = at < 0 ? [] : inOrder.splice(at, 1)
  const walk = (level: number, from: number, place: number): void => {
    const axis = inOrder[level]
    if (axis) for (let i = 0; i < axis.length; i++) walk(level + 1, from + i * axis.from, place + i * axis.to)
    else if (across) copyTiles(run, from, place, inner, across)
    else run(from, place, inner)
  }
  walk(0, 0, to)
}

/** In tiles, so that what is read along one axis and written along another stays in the processor's cache. */
function copyTiles(run: Copy, from: number, to: number, inner: BoxAxis, across: BoxAxis): void {
  for (let first = 0; first < across.length; first += TILE_LENGTH) {
    const end = Math.min(first + TILE_LENGTH, across.length)
    for (let start = 0; start < inner.length; start += TILE_LINES) {
      const part = { ...inner, length: Math.min(TILE_LINES, inner.length - start) }
      const [read, write] = [from + start * inner.from, to + start * inner.to]
      for (let i = first; i < end; i++) run(read + i * across.from, write + i * across.to, part)
    }
  }
}

type Copy = (from: number, to: number, axis: BoxAxis) => void

function copyBlock(source: Uint8Array, target: Uint8Array, itemBytes: number): Copy {
  return (from, to, { length }) =>
    target.set(source.subarray(from * itemBytes, (from + length) * itemBytes), to * itemBytes)
}

/** In the widest words that an element consists of: a loop over bytes takes several times as long. */
function copyItems(source: Uint8Array, target: Uint8Array, itemBytes: number): Copy {
  const width = itemBytes % 4 === 0 ? 4 : itemBytes % 2 === 0 ? 2 : 1
  const { buffer, byteOffset, byteLength } = source.byteOffset % width === 0 ? source : new Uint8Array(source)
  const words = itemBytes / width
  if (width === 4) {
    const from = new Uint32Array(buffer, byteOffset, byteLength / 4)
    const to = new Uint32Array(target.buffer, target.byteOffset, target.byteLength / 4)
    return (read, write, axis) => copy32(from, read * words, to, write * words, axis, words)
  }
  if (width === 2) {
    const from = new Uint16Array(buffer, byteOffset, byteLength / 2)
    const to = new Uint16Array(target.buffer, target.byteOffset, target.byteLength / 2)
    return (read, write, axis) => copy16(from, read * words, to, write * words, axis, words)
  }
  return (read, write, axis) => copy8(source, read * words, target, write * words, axis, words)
}

// One function a width: a loop that sees several kinds of arrays is ten times slower.
function copy32(
  source: Uint32Array,
  read: number,
  target: Uint32Array,
  write: number,
  axis: BoxAxis,
  words: number,
): void {
  for (
    let i = 0, from = read, to = write;
    i < axis.length;
    i++, from += axis.from * words, to += axis.to * words
  )
    for (let word = 0; word < words; word++) target[to + word] = source[from + word]!
}

function copy16(
  source: Uint16Array,
  read: number,
  target: Uint16Array,
  write: number,
  axis: BoxAxis,
  words: number,
): void {
  for (
    let i = 0, from = read, to = write;
    i < axis.length;
    i++, from += axis.from * words, to += axis.to * words
  )
    for (let word = 0; word < words; word++) target[to + word] = source[from + word]!
}

function copy8(
  source: Uint8Array,
  read: number,
  target: Uint8Array,
  write: number,
  axis: BoxAxis,
  words: number,
): void {
  for (
    let i = 0, from = read, to = write;
    i < axis.length;
    i++, from += axis.from * words, to += axis.to * words
  )
    for (let word = 0; word < words; word++) target[to + word] = source[from + word]!
}
