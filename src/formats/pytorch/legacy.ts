import type { ByteSource } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import { integerOf, type PickleNode, type PickleRun, runPickle, textOf } from '../pickle/index.ts'
import type { ModelInput } from '../ports.ts'
import { contentsOf, metadataOf } from './contents.ts'
import { modelOf, type TorchModel, whatOf } from './describe.ts'
import { type Backing, byteLength } from './elements.ts'
import { fail } from './limits.ts'
import { notesOf } from './open.ts'
import { storageOf, type TorchStorage } from './rebuild.ts'

/** torch.serialization.MAGIC_NUMBER. */
const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001n

/**
 * A file of torch.save before 1.6, or with `_use_new_zipfile_serialization=False`: pickles of a magic number, a
 * protocol number, the writer's system, the object and the keys of its storages; then, for each key, the number of
 * its elements as int64 and the elements. The tar files of 2016 are refused, with advice.
 * Throws FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT, FORMAT_UNSUPPORTED.
 */
export async function openPytorchLegacy(input: ModelInput): Promise<TorchModel> {
  const { source } = input
  await refuseTar(source)
  const magic = await next(source, 0, 'the magic number')
  if (magic.root?.kind !== 'int' || magic.root.value !== MAGIC)
    throw fail.malformed(
      { name: source.name, offset: 0 },
      'the first pickle is not the magic number of torch.save',
    )
  const protocol = await next(source, magic.end, 'the protocol number')
  if (protocol.root?.kind !== 'int' || protocol.root.value !== PROTOCOL)
    throw fail.unsupported({ name: source.name, offset: magic.end }, `the protocol is not ${PROTOCOL}`)
  const system = await next(source, protocol.end, 'the description of the system')
  const object = await next(source, system.end, 'the object')
  const keys = await next(source, object.end, 'the keys of the storages')
  const backing = await placeStorages(source, object, keys, !isLittle(system.root))
  const contents = await contentsOf(object, source, backing)
  const notes = notesOf(contents)
  return modelOf(
    input,
    contents.tensors,
    {
      format: 'pytorch-legacy',
      formatVersion: `protocol ${PROTOCOL}`,
      what: whatOf(contents),
      metadata: metadataOf(contents, notes),
      notes,
    },
    async () => {},
  )
}

async function refuseTar(source: ByteSource): Promise<void> {
  if (source.size < 512) return
  const head = await source.read(257, 5)
  if (Buffer.from(head).toString('latin1') !== 'ustar') return
  throw fail.unsupported({ name: source.name }, 'a tar file, as torch.save wrote before 0.1.10', {
    hint: 'Load it once where nothing can be harmed (torch.load(..., weights_only=False)), and save it again.',
  })
}

async function next(source: ByteSource, start: number, what: string): Promise<PickleRun> {
  if (start >= source.size)
    throw fail.truncated({ name: source.name, offset: start }, `${what} should follow, and the file ends`)
  const run = await runPickle(source, { start })
  if (run.fault) throw run.fault
  return run
}

/** `{'protocol_version': 1001, 'little_endian': True, 'type_sizes': …}`. */
function isLittle(system: PickleNode | undefined): boolean {
  if (system?.kind !== 'dict') return true
  const stated = system.entries.find(([key]) => textOf(key) === 'little_endian')?.[1]
  return stated === undefined || integerOf(stated) === 1
}

async function placeStorages(
  source: ByteSource,
  object: PickleRun,
  keys: PickleRun,
  bigEndian: boolean,
): Promise<Backing> {
  const { name } = source
  const storages = new Map<string, TorchStorage>()
  for (const id of object.persistent) {
    // Modules are persistent ids too: ('module', class, file, source).
    if (id.id.kind !== 'tuple' || textOf(id.id.items[0]) !== 'storage') continue
    const storage = storageOf(id, name)
    if (!storages.has(storage.key)) storages.set(storage.key, storage)
  }
  const list = keys.root?.kind === 'list' ? keys.root.items : undefined
  if (!list) throw fail.malformed({ name, offset: object.end }, 'the keys of the storages are no list')
  const places = new Map<string, { offset: number; bytes: number }>()
  let at = keys.end
  for (const node of list) {
    const key = textOf(node)
    const storage = key === undefined ? undefined : storages.get(key)
    if (key === undefined || !storage || places.has(key))
      throw fail.malformed(
        { name, offset: object.end },
        'the keys of the storages are not those of the object',
      )
    if (at + 8 > source.size)
      throw fail.truncated(
        { name, offset: at },
        `the storage '${key.slice(0, 80)}' should follow, and the file ends`,
      )
    const head = await source.read(at, 8)
    const count = new DataView(head.buffer, head.byteOffset, 8).getBigInt64(0, !bigEndian)
    if (count !== BigInt(storage.elements))
      throw fail.malformed(
        { name, offset: at },
        `a storage of ${count} elements, where the object says ${storage.elements}`,
      )
    const bytes = byteLength(storage.dtype, [storage.elements])
    if (at + 8 + bytes > source.size)
      throw fail.truncated(
        { name, offset: at + 8 },
        `a storage takes ${bytes} bytes, and the file ends at ${source.size}`,
      )
    places.set(key, { offset: at + 8, bytes })
    at += 8 + bytes
  }
  return {
    bigEndian,
    sizeOf: ({ key }) => places.get(key)?.bytes,
    isPlain: () => true,
    async open({ key }) {
      const place = places.get(key)!
      return sliceOf(source, place.offset, place.bytes, `the storage '${key}' in ${name}`)
    },
  }
}
