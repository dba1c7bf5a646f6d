import { failing } from '../errors.ts'
import type { FileTree, OpenModel } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import type { FilePart, MetadataEntry } from '../types.ts'
import { type ImageHeader, readImageHeader } from './header.ts'

/** Images that are opened to see what they are; with a hundred, a kind that one in twenty has is hardly missed. */
export const SAMPLED_IMAGES = 100
/** Classes whose counts a description lists; ImageNet's 21,841 are all of them. */
export const MAX_CLASSES = 25_000

const NAMES = /\.(?:png|jpe?g|gif|bmp|webp|tiff?)$/i
const SPLITS: ReadonlySet<string> = new Set([
  'train',
  'training',
  'val',
  'valid',
  'validation',
  'test',
  'testing',
])

/** A place in the folder: `train/cat/1.png` has the split `train` and the class `cat`. */
export interface ImagePlace {
  readonly split?: string
  readonly class?: string
}

/**
 * A folder of images, in a subfolder for each class, as a description: classes, counts, kinds and sizes. Undefined for
 * a folder that holds no images, or mostly something else, or can't be listed. Kinds are told by the content of a
 * sample, never by names.
 */
export async function openImageFolder(tree: FileTree): Promise<OpenModel | undefined> {
  const files = await tree.list()
  // Hidden files are the file system's own.
  const shown = files?.filter(({ path }) => !path.split('/').some(part => part.startsWith('.'))) ?? []
  const named = shown.filter(({ path }) => NAMES.test(path))
  if (named.length === 0 || named.length * 2 < shown.length) return undefined
  const sample = await sampleOf(tree, named)
  if (sample.images.length === 0) return undefined
  const classes = countBy(named.map(({ path }) => placeOf(path).class))
  if (classes.size > MAX_CLASSES)
    throw failing(
      'DATA_LIMIT',
      'Name the folder that holds the classes.',
    )(`${tree.name} has ${classes.size} folders of images; the limit is ${MAX_CLASSES}`)
  return {
    file: {
      format: 'image-folder',
      name: tree.name,
      size: named.reduce((sum, { size }) => sum + size, 0),
      files: named,
      tensors: [],
      parameters: 0,
      metadata: metadataOf(named, classes, sample.images),
      notes: notesOf(named.length, sample),
    },
    // biome-ignore lint/correctness/useYield: there is nothing that it could give
    async *readTensor(name) {
      throw tensorMissing(tree.name, name, [])
    },
    async close() {},
  }
}

export function placeOf(path: string): ImagePlace {
  const folders = path.split('/').slice(0, -1)
  const [first] = folders
  const split = first !== undefined && SPLITS.has(first.toLowerCase()) ? first : undefined
  const inner = folders[split === undefined ? 0 : 1]
  return { ...(split !== undefined && { split }), ...(inner !== undefined && { class: inner }) }
}

interface Sample {
  readonly images: readonly ImageHeader[]
  /** Paths of what is named as an image and is none. */
  readonly others: readonly string[]
}

/** Evenly over the folder, so that each class has its share. */
async function sampleOf(tree: FileTree, files: readonly FilePart[]): Promise<Sample> {
  const images: ImageHeader[] = []
  const others: string[] = []
  const step = Math.max(1, files.length / SAMPLED_IMAGES)
  for (let at = 0; at < files.length; at += step) {
    const { path } = files[Math.floor(at)]!
    const source = await tree.open(path)
    try {
      const header = await readImageHeader(source)
      if (header) images.push(header)
      else others.push(path)
    } finally {
      await source.close()
    }
  }
  return { images, others }
}

function metadataOf(
  files: readonly FilePart[],
  classes: ReadonlyMap<string, number>,
  images: readonly ImageHeader[],
): readonly MetadataEntry[] {
  const splits = countBy(files.map(({ path }) => placeOf(path).split))
  const kinds = countBy(images.map(({ kind }) => kind))
  const sizes = countBy(images.map(({ width, height }) => `${width} x ${height}`))
  const json = (key: string, counts: ReadonlyMap<string, number>): MetadataEntry[] =>
    counts.size === 0 ? [] : [{ key, value: JSON.stringify(Object.fromEntries(counts)) }]
  return [
    { key: 'images', value: String(files.length) },
    ...json('splits', splits),
    ...json('classes', classes),
    ...json('kinds', kinds),
    ...json('sizes', new Map([...sizes].toSorted((a, b) => b[1] - a[1]).slice(0, 20))),
  ]
}

function notesOf(count: number, { images, others }: Sample): readonly string[] {
  const seen = images.length + others.length
  return [
    ...(seen < count ? [`kinds and sizes are those of ${seen} of ${count} images`] : []),
    ...(others.length > 0
      ? [
          `${others.length} of ${seen} files are no images, whatever their names say: ${others.slice(0, 5).join(', ')}`,
        ]
      : []),
  ]
}

function countBy(values: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
