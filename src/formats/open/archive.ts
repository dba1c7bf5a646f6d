import { normalize } from 'node:path/posix'
import { type ByteSource, CoreError } from '../../core/index.ts'
import { placeIn } from '../bytes/ranges.ts'
import type { FileTree, PlacerInput, TensorPlace } from '../ports.ts'
import { surveyTar } from '../tar/survey.ts'
import { openZip } from '../zip/archive.ts'

/** Members that are looked into, the largest: a crafted one may keep its reader busy for a second or two. */
const MAX_MEMBERS = 200
/** A smaller one has no tensors that are worth a piece. */
const MIN_MEMBER_BYTES = 4096
const TAR_MAGIC = 'ustar'
const TAR_MAGIC_AT = 257

interface Member {
  readonly name: string
  readonly size: number
  open(): Promise<ByteSource>
}

/** A file that an archive holds as it is, placed as if it stood alone. */
type PlaceMember = (input: PlacerInput) => Promise<{ readonly places: readonly TensorPlace[] } | undefined>

/**
 * The tensors of models that a zip or tar archive holds as they are, named behind their member: `model.onnx:weight`.
 * What a member describes may lie in another one. Undefined for what is no archive; archives in archives are bytes.
 * Throws as `openZip`.
 */
export async function archivePlaces(
  source: ByteSource,
  place: PlaceMember,
): Promise<{ readonly format: string; readonly places: readonly TensorPlace[] } | undefined> {
  const found = await membersOf(source)
  if (!found) return undefined
  const tree = treeOf(source.name, found.members)
  const places: TensorPlace[] = []
  const large = found.members.filter(({ size }) => size >= MIN_MEMBER_BYTES)
  for (const member of large.toSorted((a, b) => b.size - a.size).slice(0, MAX_MEMBERS)) {
    // One member that is damaged, or needs what is not here, says nothing of the others.
    const own = await openAnd(member, async content => {
      const placed = await place({ source: content, path: member.name, tree })
      return placed && moved(source, member, content, placed.places, tree)
    }).catch(() => undefined)
    for (const each of own ?? []) places.push(each)
  }
  return { format: found.format, places }
}

async function membersOf(
  source: ByteSource,
): Promise<{ readonly format: 'zip' | 'tar'; readonly members: readonly Member[] } | undefined> {
  const head = Buffer.from(await source.read(0, Math.min(512, source.size))).toString('latin1')
  if (head.startsWith('PK\x03\x04')) {
    const archive = await openZip(source)
    const stored = archive.entries.filter(({ method, directory }) => method === 'stored' && !directory)
    return {
      format: 'zip',
      members: stored.map(({ name, size }) => ({ name, size, open: () => archive.open(name) })),
    }
  }
  if (!head.startsWith(TAR_MAGIC, TAR_MAGIC_AT)) return undefined
  const { entries } = await surveyTar(source)
  const files = entries.filter(({ kind }) => kind === 'file')
  return {
    format: 'tar',
    members: files.map(({ name, size, open }) => ({ name, size, open: async () => open() })),
  }
}

/** Places in the archive, of those that lie in its members. */
async function moved(
  archive: ByteSource,
  { name }: Member,
  content: ByteSource,
  places: readonly TensorPlace[],
  tree: FileTree,
): Promise<readonly TensorPlace[]> {
  const found: TensorPlace[] = []
  const others = new Map<string, ByteSource>()
  for (const { path, ...place } of places) {
    const file = path === undefined ? content : (others.get(path) ?? (await tree.open(path)))
    if (path !== undefined) others.set(path, file)
    const offset = placeIn(archive, file, place.offset)
    if (offset === undefined || place.offset + place.bytes > file.size) continue
    found.push({ ...place, name: `${name}:${place.name}`, offset })
  }
  return found
}

async function openAnd<T>(member: Member, use: (content: ByteSource) => Promise<T>): Promise<T> {
  const content = await member.open()
  try {
    return await use(content)
  } finally {
    await content.close()
  }
}

function treeOf(archive: string, members: readonly Member[]): FileTree {
  const byPath = new Map(members.map(member => [normalize(member.name), member]))
  return {
    name: archive,
    list: async () => members.map(({ name, size }) => ({ path: name, size })),
    async open(path) {
      const member = byPath.get(normalize(path))
      if (member) return member.open()
      throw new CoreError('FILE_UNREADABLE', {
        message: `There is no file ${path} in ${archive}`,
        hint: 'Keep all files of the model together, under the names they were written with.',
      })
    },
  }
}
