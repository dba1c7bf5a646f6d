import { type Digest, type Instant, isDigest, type Json } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import { type BlobRef, RECORD_KINDS, type RecordKind, type VersionManifest } from '../../types.ts'
import { makeManifest, manifestDigest } from '../manifest.ts'

export const EXPORT_FORMAT = 'ballast-export-1'
/** More ways to write a model than there are. */
const MAX_VARIANTS = 100
/** More statements about one version than any server makes; each is a row. */
const MAX_RECORDS = 10_000
/** One step of a path in the archive. */
const VARIANT_NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/

/** Where an exported version was registered. */
export interface ExportOrigin {
  /** Address of the server. */
  readonly server: string
  readonly version: string
  readonly number: number
  readonly createdAt: Instant
}

export interface ExportedRecord {
  readonly id: string
  readonly kind: RecordKind
  readonly body: Json
  readonly createdAt: Instant
}

/** A variant of the version whose files come along. */
export interface ExportedVariant {
  readonly name: string
  readonly files: readonly BlobRef[]
}

/** The first file of an export: all but the version's own files. */
export interface ExportFacts {
  readonly format: typeof EXPORT_FORMAT
  readonly origin: ExportOrigin
  readonly digest: Digest
  readonly manifest: VersionManifest
  readonly records: readonly ExportedRecord[]
  /** Their records are among the records; absent where there is none. */
  readonly variants?: readonly ExportedVariant[]
  /** Names that pointed at it there. */
  readonly aliases: readonly string[]
  /** When it served there, as it was told there. */
  readonly history: readonly Json[]
}

/** Reads what an export says of itself; every member is checked. Throws EXPORT_INVALID, MANIFEST_INVALID. */
export function parseFacts(text: string): ExportFacts {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    throw invalidExport('its description is no JSON')
  }
  const facts = objectOf(value, 'the description')
  if (facts['format'] !== EXPORT_FORMAT)
    throw invalidExport(`its format is ${shown(facts['format'])}, and ${EXPORT_FORMAT} is what is known here`)
  const manifest = manifestOf(facts['manifest'])
  const digest = manifestDigest(manifest)
  if (facts['digest'] !== digest)
    throw invalidExport(`its manifest has the digest ${digest}, not ${shown(facts['digest'])}`)
  const records = listOf(facts['records'], 'records')
  if (records.length > MAX_RECORDS)
    throw invalidExport(`it has ${records.length} records, over ${MAX_RECORDS}`)
  return {
    format: EXPORT_FORMAT,
    origin: originOf(facts['origin']),
    digest,
    manifest,
    records: records.map(recordOf),
    ...(facts['variants'] !== undefined && { variants: variantsOf(facts['variants'], manifest) }),
    aliases: listOf(facts['aliases'], 'aliases').map(name => textOf(name, 'an alias')),
    history: listOf(facts['history'], 'history'),
  }
}

export function invalidExport(why: string): RegistryError {
  return new RegistryError('EXPORT_INVALID', {
    message: `This is no export of a version: ${why}`,
    hint: 'Export it again with `ballast export`; nothing was registered.',
  })
}

function manifestOf(value: Json | undefined): VersionManifest {
  const { model, commit, files, config } = objectOf(value, 'manifest')
  if (config === undefined) throw invalidExport('its manifest has no configuration')
  return makeManifest({
    model: textOf(model, 'model'),
    commit: textOf(commit, 'commit') as VersionManifest['commit'],
    files: listOf(files, 'files').map(fileOf),
    config,
  })
}

function fileOf(value: Json): BlobRef {
  const { name, digest, size } = objectOf(value, 'a file')
  const text = textOf(digest, 'a digest')
  if (!isDigest(text)) throw invalidExport(`${shown(text)} is no digest`)
  return { name: textOf(name, "a file's name"), digest: text, size: numberOf(size, 'a size') }
}

/** Their files keep to the rules of a version's, so that a variant can stand in its place. */
function variantsOf(value: Json | undefined, manifest: VersionManifest): readonly ExportedVariant[] {
  const variants = listOf(value, 'variants')
  if (variants.length > MAX_VARIANTS)
    throw invalidExport(`it has ${variants.length} variants, over ${MAX_VARIANTS}`)
  const found = variants.map(each => {
    const { name, files } = objectOf(each, 'a variant')
    const text = textOf(name, "a variant's name")
    if (!VARIANT_NAME.test(text)) throw invalidExport(`${shown(text)} is no name of a variant`)
    return {
      name: text,
      files: makeManifest({ ...manifest, files: listOf(files, 'files').map(fileOf) }).files,
    }
  })
  if (new Set(found.map(({ name }) => name)).size < found.length)
    throw invalidExport('it has one variant twice')
  return found
}

function originOf(value: Json | undefined): ExportOrigin {
  const { server, version, number, createdAt } = objectOf(value, 'origin')
  return {
    server: textOf(server, 'server'),
    version: textOf(version, 'version'),
    number: numberOf(number, 'number'),
    createdAt: numberOf(createdAt, 'createdAt') as Instant,
  }
}

function recordOf(value: Json): ExportedRecord {
  const { id, kind, body, createdAt } = objectOf(value, 'a record')
  const known = RECORD_KINDS.find(each => each === kind)
  if (!known || body === undefined)
    throw invalidExport(`a record is of the kind ${shown(kind)}, which is not known here`)
  return {
    id: textOf(id, 'a record’s id'),
    kind: known,
    body,
    createdAt: numberOf(createdAt, 'createdAt') as Instant,
  }
}

function objectOf(value: Json | undefined, what: string): Readonly<Record<string, Json | undefined>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, Json>>
  throw invalidExport(`${what} should be an object, and is ${shown(value)}`)
}

function listOf(value: Json | undefined, what: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[]
  throw invalidExport(`${what} should be a list, and is ${shown(value)}`)
}

/** Names and addresses: none is long. */
function textOf(value: Json | undefined, what: string): string {
  if (typeof value === 'string' && value.length <= 2000) return value
  throw invalidExport(`${what} should be a text, and is ${shown(value)}`)
}

function numberOf(value: Json | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalidExport(`${what} should be a whole number, and is ${shown(value)}`)
}

function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'not there'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
