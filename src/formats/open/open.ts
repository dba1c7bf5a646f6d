import { basename, dirname } from 'node:path'
import { join, relative } from 'node:path/posix'
import { type Digest, openFile } from '../../core/index.ts'
import { FormatsError } from '../errors.ts'
import type { FileTree, ModelInput, OpenModel } from '../ports.ts'
import { EXPORT, looksLike } from '../sniff.ts'
import { folderTree } from '../tree/folder.ts'
import { inputFrom, isFolder, type OpenInput } from '../tree/input.ts'
import { urlTree } from '../tree/url.ts'
import type { ModelFile } from '../types.ts'
import { below } from './below.ts'
import { detectFormat, HEAD_BYTES } from './detect.ts'
import { digestOfFiles, digestOfSource } from './digest.ts'
import { mainFileOf } from './main-file.ts'
import { readerOf } from './readers.ts'

/** A model opened by its path or address, whatever its format. */
export interface OpenedModel extends OpenModel {
  /** Its bytes, for readers of one framework: valid until `close`. Absent for a folder of images. */
  readonly input?: ModelInput
  /**
   * SHA-256 of the file as stored, read whole; of several files that of the list of their paths and digests, as
   * canonical JSON.
   */
  digest(): Promise<Digest>
  /** Each file's own digest, by its path. */
  digests(): Promise<ReadonlyMap<string, Digest>>
}

/**
 * Opens a model file, the folder of a model, or an http(s) address. Its content decides what it is. Throws
 * FORMAT_UNKNOWN with what it looks like, what the format's reader throws, and what sources throw.
 */
export async function openModel(target: string): Promise<OpenedModel> {
  if (/^https?:\/\//i.test(target)) return openAddress(target)
  if (!(await isFolder(target))) return openIn(besides(target), basename(target))
  return openFolder(folderTree(target))
}

/** The model that a tree is. Throws as `openModel`. */
export async function openFolder(tree: FileTree): Promise<OpenedModel> {
  const main = await mainFileOf(tree)
  if (main !== undefined) return openIn(below(tree, dirname(main)), basename(main), dirname(main))
  const { openImageFolder } = await import('../images/index.ts')
  const images = await openImageFolder(tree)
  if (images) return withDigests(images, tree, '.')
  throw new FormatsError('FORMAT_UNKNOWN', {
    message: `${tree.name} holds no model file`,
    hint: 'Name the model file, or the folder of a SavedModel. Links that lead out of a folder are not followed.',
  })
}

/** The folder of a file that a person named: the file itself may be a link to anywhere, its neighbours may not. */
function besides(file: string): FileTree {
  const tree = folderTree(dirname(file))
  const main = basename(file)
  return { ...tree, open: path => (path === main ? openFile(file) : tree.open(path)) }
}

async function openAddress(target: string): Promise<OpenedModel> {
  const url = URL.parse(target)
  const path = url && decoded(url.pathname.split('/').at(-1) ?? '')
  if (!url || !path)
    throw new FormatsError('FORMAT_UNKNOWN', {
      message: 'The address names no file',
      hint: 'Give the address of the model file itself.',
    })
  const base = new URL(url)
  base.pathname = url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1)
  return openIn(urlTree(base.href), path)
}

/** Undefined where `%` does not begin the code of a character. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The model whose main file is `path` of a tree; `folder` is where that tree stands in the one that was named. */
export async function openIn(tree: FileTree, path: string, folder = '.'): Promise<OpenedModel> {
  const input = await inputFrom(tree, path)
  try {
    const model = await openInput(input)
    return withDigests(inFolder(model, folder), tree, folder, input)
  } catch (cause) {
    await input.close()
    throw cause
  }
}

async function openInput(input: OpenInput): Promise<OpenModel> {
  const format = await detectFormat(input.source, bare(input))
  if (format) return (await readerOf(format))(input)
  const head = await input.source.read(0, Math.min(HEAD_BYTES, input.source.size))
  const other = looksLike(head)
  throw new FormatsError('FORMAT_UNKNOWN', {
    message: `${input.source.name} is in no format that is read here${other ? `: it looks like ${other.what}` : ''}`,
    hint:
      other && other.hint !== EXPORT
        ? other.hint
        : 'Check that this is the model file, and that it was transferred whole, as binary.',
    ...(other && { details: { looksLike: other.what } }),
  })
}

/** The name without the wrappers' endings: `data.csv.gz` is a CSV file. */
function bare({ path, wrapper }: OpenInput): string {
  return wrapper.reduce(name => name.replace(/\.[^./]+$/, ''), path)
}

/** Its files by their paths in the folder that was named. */
function inFolder(model: OpenModel, folder: string): OpenModel {
  if (folder === '.') return model
  const placed = (file: ModelFile): ModelFile => {
    const files = file.files.map(({ path, size }) => ({ path: join(folder, path), size }))
    return { ...file, files }
  }
  const { whole } = model
  return { ...model, file: placed(model.file), ...(whole && { whole: async () => placed(await whole()) }) }
}

function withDigests(model: OpenModel, tree: FileTree, folder: string, input?: OpenInput): OpenedModel {
  const digests = async (): Promise<ReadonlyMap<string, Digest>> => {
    const all = new Map<string, Digest>()
    for (const { path } of model.file.files) {
      const source = await tree.open(relative(folder, path))
      try {
        all.set(path, await digestOfSource(source))
      } finally {
        await source.close()
      }
    }
    return all
  }
  return {
    ...model,
    ...(input && { input }),
    digests,
    digest: async () => digestOfFiles(await digests()),
    async close() {
      await model.close()
      await input?.close()
    },
  }
}
