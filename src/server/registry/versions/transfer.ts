import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Project } from '../../../access/index.ts'
import type { Variant } from '../../../api/index.ts'
import { type Digest, isoOf, type Json, newId } from '../../../core/index.ts'
import {
  type BlobRef,
  EXPORT_FORMAT,
  type ExportedVariant,
  type ExportFacts,
  type Move,
  makeManifest,
  manifestDigest,
  RegistryError,
  readExport,
  type Version,
  type VersionManifest,
  versionExpired,
  writeExport,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { pointersOf } from './names.ts'
import { variantsHere } from './variants.ts'

/** Lines of history that go with a version. */
const MAX_HISTORY = 1000

/** Body of a record of kind `import`. */
export interface ImportRecord {
  readonly origin: ExportFacts['origin'] & { readonly model: string; readonly digest: string }
  readonly aliases: readonly string[]
  readonly history: readonly Json[]
  readonly by: string
  /** Variants whose bytes came along. */
  readonly variants?: readonly ExportedVariant[]
}

/** The version with its files as one stream. Throws VERSION_EXPIRED. */
export async function exportVersion(plane: ControlPlane, version: Version): Promise<Readable> {
  const { model, expired, number } = version
  if (expired) throw versionExpired({ model, number, expired })
  const { versions } = plane.stores
  const records = await versions.records(version.id)
  const moves = await versions.moves(model, { version: version.id, limit: MAX_HISTORY })
  const pointers = await pointersOf(plane.stores, model)
  const variants = variantsHere(records).map(({ name, files }) => ({ name, files: files.map(blobRefOf) }))
  const facts: ExportFacts = {
    format: EXPORT_FORMAT,
    origin: {
      server: plane.settings.publicUrl,
      version: version.id,
      number,
      createdAt: version.createdAt,
    },
    digest: version.digest,
    manifest: version.manifest,
    records: records.map(({ id, kind, body, createdAt }) => ({ id, kind, body, createdAt })),
    ...(variants.length > 0 && { variants }),
    aliases: pointers.filter(each => each.version === version.id).map(({ name }) => name),
    history: moves.toReversed().map(toldMove),
  }
  return Readable.from(
    writeExport(facts, digest => plane.blobs.stream(digest)),
    { objectMode: false },
  )
}

function blobRefOf({ name, digest, size }: Variant['files'][number]): BlobRef {
  return { name, digest: digest as Digest, size }
}

function toldMove({ place, event, version, before, at, by, decision, reason }: Move): Json {
  return {
    at: isoOf(at),
    place: { kind: place.kind, name: place.name },
    event,
    version,
    before: before ?? null,
    by,
    decision: { ...decision },
    reason,
  }
}

/**
 * Takes an export in, as a new version of `model` or of the name that it had. Its bytes are stored as they arrive;
 * nothing is registered before its end was read and every digest was right. The same again is the version that is
 * there. Throws EXPORT_INVALID, MANIFEST_INVALID, BLOB_DIGEST_MISMATCH, MODEL_OWNED_ELSEWHERE.
 */
export async function importVersion(
  plane: ControlPlane,
  chunks: AsyncIterable<Uint8Array>,
  into: { readonly project: Project; readonly model?: string | undefined; readonly by: string },
): Promise<Version> {
  const { versions } = plane.stores
  const facts = await readExport(chunks, {
    async facts({ manifest }) {
      await needOwn(plane, into.project, renamed(manifest, into.model).model)
    },
    async file(file, bytes) {
      // A store that has these bytes may not look at them; who imports must show that they have them too.
      const shown = verified(file, bytes)
      await plane.blobs.put(file.digest, Readable.from(shown, { objectMode: false, autoDestroy: false }), {
        maxBytes: file.size,
        project: into.project.id,
      })
      for await (const _rest of shown);
    },
  })
  const manifest = renamed(facts.manifest, into.model)
  const version = await versions.register({
    id: newId('version'),
    project: into.project.id,
    model: manifest.model,
    digest: manifestDigest(manifest),
    manifest,
    createdAt: plane.clock.now(),
  })
  await addRecords(plane, version, facts, into.by)
  plane.changes.tell({ kind: 'model', project: version.project, model: version.model })
  return version
}

/** Throws MANIFEST_INVALID for a name that is none. */
function renamed(manifest: VersionManifest, model: string | undefined): VersionManifest {
  return model === undefined ? manifest : makeManifest({ ...manifest, model })
}

/** Throws BLOB_DIGEST_MISMATCH at the end of bytes that are not the file's. */
async function* verified(
  { name, digest }: BlobRef,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) {
    hash.update(chunk)
    yield chunk
  }
  const actual = `sha256:${hash.digest('hex')}`
  if (actual === digest) return
  throw new RegistryError('BLOB_DIGEST_MISMATCH', {
    message: `'${name}' should be ${digest}, and is ${actual}`,
    hint: 'The file to import is damaged: export it again. Nothing was registered.',
    details: { name, expected: digest, actual },
  })
}

/** Before any byte of its files is read. */
async function needOwn(plane: ControlPlane, project: Project, model: string): Promise<void> {
  const owner = await plane.stores.versions.ownerOf(model)
  if (owner === undefined || owner === project.id) return
  throw new RegistryError('MODEL_OWNED_ELSEWHERE', {
    message: `The model name '${model}' belongs to another project`,
    hint: 'Import it under another name with --model.',
    details: { model },
  })
}

/** Whatever a crash left out the next import of the same file adds. */
async function addRecords(
  plane: ControlPlane,
  version: Version,
  facts: ExportFacts,
  by: string,
): Promise<void> {
  const { versions } = plane.stores
  const there = await versions.records(version.id)
  const known = new Set(there.map(({ origin }) => origin?.id))
  const { server } = facts.origin
  for (const { id, kind, body, createdAt } of facts.records) {
    if (known.has(id)) continue
    // What this very server registered, and takes back, knows its own records already.
    if (there.some(record => record.id === id)) continue
    await versions.addRecord({
      id: newId('record'),
      version: version.id,
      kind,
      body,
      createdAt,
      origin: { server, id },
    })
  }
  const isKnown = there.some(
    ({ kind, origin, body }) =>
      kind === 'import' &&
      !origin &&
      (body as { origin?: { version?: string } } | null)?.origin?.version === facts.origin.version,
  )
  if (isKnown || version.id === facts.origin.version) return
  const body: ImportRecord = {
    origin: { ...facts.origin, model: facts.manifest.model, digest: facts.digest },
    aliases: facts.aliases,
    history: facts.history,
    by,
    ...(facts.variants && { variants: facts.variants }),
  }
  await versions.addRecord({
    id: newId('record'),
    version: version.id,
    kind: 'import',
    body: JSON.parse(JSON.stringify(body)) as Json,
    createdAt: plane.clock.now(),
  })
}
