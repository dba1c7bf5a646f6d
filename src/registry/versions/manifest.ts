import {
  type CommitId,
  type Digest,
  digestOfValue,
  formatSize,
  isDigest,
  type Json,
} from '../../core/index.ts'
import { RegistryError } from '../errors.ts'
import type { BlobRef, VersionManifest } from '../types.ts'

/** A model is one file, or one and its external tensors; a folder of more is not one that we serve. */
export const MAX_FILES = 1000
/** A path that every file system takes. */
export const MAX_FILE_NAME = 400
/** More configuration than this is data, and belongs in a file: every list of versions carries it. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** Deeper JSON is an attack on whoever walks it. */
const MAX_CONFIG_DEPTH = 64

/** It becomes a part of URLs and of folder names. */
const MODEL_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const COMMIT = /^[0-9a-f]{40}$/
const CONTROL = /[\u0000-\u001f\u007f]/

/**
 * A checked manifest, its files in order of their names. Throws MANIFEST_INVALID, naming what is wrong: a name
 * that is no name, a path that is absolute or climbs, a repeated file, a digest that is none, or too much of
 * anything.
 */
export function makeManifest(facts: {
  readonly model: string
  readonly commit: CommitId
  readonly files: readonly BlobRef[]
  readonly config: Json
}): VersionManifest {
  const { model, commit, files, config } = facts
  if (!MODEL_NAME.test(model)) {
    throw invalid(
      `'${model.slice(0, 120)}' can't name a model`,
      "Use letters, digits, '.', '_' and '-', 100 at most.",
    )
  }
  if (!COMMIT.test(commit))
    throw invalid(`'${commit.slice(0, 120)}' is not a commit`, 'A commit is 40 lower-case hex digits.')
  if (files.length === 0)
    throw invalid('A version without files is no model', 'Name the model under `model: file:`.')
  if (files.length > MAX_FILES)
    throw invalid(`${files.length} files are more than the ${MAX_FILES} of one version`, 'Pack them.')
  const sorted = files.map(checkedFile).sort((a, b) => (a.name < b.name ? -1 : 1))
  const twice = sorted.find((file, i) => file.name === sorted[i - 1]?.name)
  if (twice) throw invalid(`The file '${twice.name}' is listed twice`, 'List each file once.')
  return { model, commit, files: sorted, config: checkedConfig(config) }
}

/**
 * SHA-256 over the manifest's canonical JSON: equal whatever the order of keys and files, and of nothing but
 * model bytes, configuration and commit.
 */
export function manifestDigest({ model, commit, files, config }: VersionManifest): Digest {
  const content = files
    .map(({ name, digest, size }) => ({ name, digest, size }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return digestOfValue({ model, commit, files: content, config })
}

function checkedFile({ name, digest, size }: BlobRef): BlobRef {
  const shown = `'${name.slice(0, 120)}'`
  if (!isRelativePath(name)) {
    const hint = `A path in the repository: parts between slashes, none of them '.' or '..', ${MAX_FILE_NAME} characters at most.`
    throw invalid(`${shown} can't name a file of a version`, hint)
  }
  if (!isDigest(digest))
    throw invalid(`The digest of ${shown} is none`, 'It is `sha256:` and 64 lower-case hex digits.')
  if (!Number.isSafeInteger(size) || size < 0)
    throw invalid(`The size of ${shown} is ${size}`, 'It is a whole number of bytes.')
  return { name, digest, size }
}

function isRelativePath(name: string): boolean {
  if (name.length > MAX_FILE_NAME || name.includes('\\') || CONTROL.test(name) || /^[A-Za-z]:/.test(name))
    return false
  return name.split('/').every(part => part !== '' && part !== '.' && part !== '..')
}

function checkedConfig(config: Json): Json {
  if (depthOf(config) > MAX_CONFIG_DEPTH)
    throw invalid(`The configuration is nested deeper than ${MAX_CONFIG_DEPTH}`, 'Flatten it.')
  const bytes = Buffer.byteLength(JSON.stringify(config))
  if (bytes > MAX_CONFIG_BYTES) {
    throw invalid(
      `The configuration has ${formatSize(bytes)}, over ${formatSize(MAX_CONFIG_BYTES)}`,
      'Keep data in files.',
    )
  }
  return config
}

/** Never deeper into the value than one past the limit. */
function depthOf(value: Json, depth = 1): number {
  if (typeof value !== 'object' || value === null || depth > MAX_CONFIG_DEPTH) return depth
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, depth + 1)),
    depth,
  )
}

function invalid(message: string, hint: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { message, hint })
}
