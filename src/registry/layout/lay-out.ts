import { normalize } from 'node:path/posix'
import { type ByteSource, CoreError } from '../../core/index.ts'
import { type FileTree, type TensorPlace, tensorPlaces } from '../../formats/index.ts'
import { kindOf } from './kinds.ts'
import { numbersIn } from './numbers.ts'
import type { FileLayout, PlacedTensor } from './types.ts'

/** Tensors of one file that are told; a large mixture of experts has some 100,000. */
const MAX_TENSORS = 250_000
/** As numpy has it; TensorFlow's files may say more, and no tensor that is used has. */
const MAX_RANK = 64
/** All names together, in characters: they are kept with the file. */
const MAX_NAMES: number = 32 * 1024 * 1024

/** What layouts are told by: a file of the same model, whose places lead into others. */
export interface Companion {
  /** The file that describes: `model.onnx`, `variables.index`. */
  readonly source: ByteSource
  /** Relative to one folder, both of them: what the one calls the other. */
  readonly name: string
}

const UNKNOWN: FileLayout = { tensors: [] }

/**
 * Where the tensors of a file lie, by its content: its header is read, not its elements. `companion` describes the
 * file, where it says nothing of itself (ONNX' external data, a checkpoint's `.data-…`); without it, what looks like
 * numbers of one type is one tensor, `data`. Never throws: of any other file that is unknown, damaged or hostile
 * nothing is told.
 */
export async function layOut(source: ByteSource, name: string, companion?: Companion): Promise<FileLayout> {
  const own = await placed(source, name, lone(source, name))
  if (own.layout.tensors.length > 0) return own.layout
  if (companion) {
    const files = new Map([
      [companion.name, companion.source],
      [name, source],
    ])
    const { places } = await placed(companion.source, companion.name, few(files))
    const here = places.filter(({ path }) => path !== undefined && normalize(path) === normalize(name))
    const { tensors } = layoutIn(here, source.size)
    if (tensors.length > 0) return { ...own.layout, tensors }
  }
  return own.layout.format === undefined ? numbersOr(own.layout, source) : own.layout
}

/**
 * The layouts of all files of a model's folder, by their paths: each as it says itself, or as another one of them
 * says. Files that can't be opened are left out. Throws nothing but what `tree.list` throws.
 */
export async function layoutsOf(tree: FileTree): Promise<ReadonlyMap<string, FileLayout>> {
  const files = (await tree.list()) ?? []
  const layouts = new Map<string, FileLayout>()
  const others = new Map<string, TensorPlace[]>()
  for (const { path } of files) {
    const source = await tree.open(path).catch(() => undefined)
    if (!source) continue
    try {
      const { layout, places } = await placed(source, path, tree)
      layouts.set(path, layout)
      for (const place of places) {
        if (place.path === undefined) continue
        const other = normalize(place.path)
        const there = others.get(other)
        if (there) there.push(place)
        else others.set(other, [place])
      }
    } finally {
      await source.close()
    }
  }
  for (const { path, size } of files) {
    const layout = layouts.get(path)
    if (!layout || layout.tensors.length > 0) continue
    const { tensors } = layoutIn(others.get(normalize(path)) ?? [], size)
    if (tensors.length > 0) layouts.set(path, { ...layout, tensors })
    else if (layout.format === undefined) layouts.set(path, await numbersAt(tree, path, layout))
  }
  return layouts
}

async function numbersAt(tree: FileTree, path: string, otherwise: FileLayout): Promise<FileLayout> {
  const source = await tree.open(path).catch(() => undefined)
  if (!source) return otherwise
  try {
    return await numbersOr(otherwise, source)
  } finally {
    await source.close()
  }
}

/** Numbers without a description, where bytes look like such throughout. */
async function numbersOr(otherwise: FileLayout, source: ByteSource): Promise<FileLayout> {
  return (await numbersIn(source).catch(() => undefined)) ?? otherwise
}

async function placed(
  source: ByteSource,
  path: string,
  tree: FileTree,
): Promise<{ readonly layout: FileLayout; readonly places: readonly TensorPlace[] }> {
  try {
    const found = await tensorPlaces({ source, path, tree })
    if (!found) return { layout: UNKNOWN, places: [] }
    const { format, places } = found
    const own = places.filter(place => place.path === undefined)
    return { layout: { format, ...layoutIn(own, source.size) }, places }
  } catch {
    // Whatever a reader has against a file: its bytes are stored all the same.
    return { layout: UNKNOWN, places: [] }
  }
}

/** The places in one file that can be cut along: in order, within it, none over another. */
function layoutIn(places: readonly TensorPlace[], size: number): Pick<FileLayout, 'tensors'> {
  const tensors: PlacedTensor[] = []
  const inside = places.filter(place => isWithin(place, size))
  // Of two that begin at one place the longer; of two names for the same bytes the first.
  const inOrder = inside.toSorted((a, b) => a.offset - b.offset || b.bytes - a.bytes)
  let end = 0
  let names = 0
  for (const place of inOrder) {
    if (place.offset < end) continue
    names += place.name.length
    if (tensors.length >= MAX_TENSORS || names > MAX_NAMES) break
    const { name, dtype, shape, offset, bytes } = place
    tensors.push({ name, dtype, shape, offset, length: bytes, kind: kindOf(place) })
    end = offset + bytes
  }
  return { tensors }
}

function isWithin({ offset, bytes, shape }: TensorPlace, size: number): boolean {
  const whole = (number: number): boolean => Number.isSafeInteger(number) && number >= 0
  if (!whole(offset) || !whole(bytes) || bytes === 0 || offset + bytes > size) return false
  return shape.length <= MAX_RANK && shape.every(whole)
}

/** One file, without neighbours. */
function lone(source: ByteSource, name: string): FileTree {
  return few(new Map([[name, source]]))
}

/** Files that are open already, and stay so. */
function few(files: ReadonlyMap<string, ByteSource>): FileTree {
  return {
    name: 'files',
    list: async () => Array.from(files, ([path, { size }]) => ({ path, size })),
    async open(path) {
      const source = files.get(path)
      if (!source) {
        throw new CoreError('FILE_UNREADABLE', {
          message: `${path} is not among the files that are here`,
          hint: 'Give the file that describes this one.',
        })
      }
      const { size } = source
      return { name: path, size, read: (at, length) => source.read(at, length), close: async () => {} }
    },
  }
}
