import { type Bytes, canonicalJson, type Digest, type Json } from '../../core/index.ts'
import type { BlobRef, VersionManifest } from '../types.ts'

export type FileChange =
  | { readonly kind: 'added'; readonly name: string; readonly digest: Digest; readonly size: Bytes }
  | { readonly kind: 'removed'; readonly name: string; readonly digest: Digest; readonly size: Bytes }
  | { readonly kind: 'changed'; readonly name: string; readonly before: BlobRef; readonly after: BlobRef }
  /** The same bytes under another name. */
  | {
      readonly kind: 'renamed'
      readonly name: string
      readonly from: string
      readonly digest: Digest
      readonly size: Bytes
    }

/** `path`: `preprocess[2].width`. A side that has nothing there is absent. */
export interface ConfigChange {
  readonly path: string
  readonly before?: Json
  readonly after?: Json
}

export interface VersionDiff {
  /** In order of names. */
  readonly files: readonly FileChange[]
  /** How many files are the same. */
  readonly unchanged: number
  /** In order of paths. */
  readonly config: readonly ConfigChange[]
  readonly size: { readonly before: Bytes; readonly after: Bytes; readonly delta: Bytes }
  readonly sameCommit: boolean
}

/** What changed from version `a` to version `b`: files by content, configuration by place, and size. */
export function describeVersionDiff(a: VersionManifest, b: VersionManifest): VersionDiff {
  const { changes, unchanged } = fileChanges(a.files, b.files)
  const [before, after] = [sizeOf(a), sizeOf(b)]
  return {
    files: changes,
    unchanged,
    config: configChanges(a.config, b.config, ''),
    size: { before, after, delta: after - before },
    sameCommit: a.commit === b.commit,
  }
}

function sizeOf({ files }: VersionManifest): Bytes {
  return files.reduce((sum, { size }) => sum + size, 0)
}

function fileChanges(before: readonly BlobRef[], after: readonly BlobRef[]) {
  const old = new Map(before.map(file => [file.name, file]))
  const now = new Map(after.map(file => [file.name, file]))
  const gone = before.filter(file => !now.has(file.name))
  const changes: FileChange[] = []
  const renamed = new Set<string>()
  let unchanged = 0
  for (const file of after) {
    const was = old.get(file.name)
    if (was?.digest === file.digest) unchanged++
    else if (was) changes.push({ kind: 'changed', name: file.name, before: was, after: file })
    else {
      const from = gone.find(({ digest, name }) => digest === file.digest && !renamed.has(name))
      if (from) renamed.add(from.name)
      changes.push(from ? { kind: 'renamed', from: from.name, ...file } : { kind: 'added', ...file })
    }
  }
  for (const file of gone) if (!renamed.has(file.name)) changes.push({ kind: 'removed', ...file })
  return { changes: changes.sort((x, y) => (x.name < y.name ? -1 : 1)), unchanged }
}

/** Objects and lists are compared member by member, everything else whole. */
function configChanges(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
): readonly ConfigChange[] {
  if (before === undefined || after === undefined)
    return before === after ? [] : [changeAt(path, before, after)]
  if (canonicalJson(before) === canonicalJson(after)) return []
  const [x, y] = [membersOf(before), membersOf(after)]
  if (!x || !y || Array.isArray(before) !== Array.isArray(after)) return [changeAt(path, before, after)]
  const names = [...new Set([...x.keys(), ...y.keys()])]
  if (!Array.isArray(before)) names.sort()
  return names.flatMap(name =>
    configChanges(x.get(name), y.get(name), placeOf(path, name, Array.isArray(before))),
  )
}

function membersOf(value: Json): ReadonlyMap<string, Json> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

function placeOf(path: string, name: string, inList: boolean): string {
  if (inList) return `${path}[${name}]`
  return path === '' ? name : `${path}.${name}`
}

function changeAt(path: string, before: Json | undefined, after: Json | undefined): ConfigChange {
  return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}
