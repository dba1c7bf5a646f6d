import type { ByteSource, Json } from '../../core/index.ts'
import { type ColumnKind, Packer, widest } from '../bytes/columns.ts'
import { failing } from '../errors.ts'
import { type ModelInput, type OpenModel, PIECE_BYTES } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import { type Field, fieldKind, flatten } from './fields.ts'
import { Held, together } from './held.ts'
import { readJsonl } from './read.ts'

/** Read whole to count rows; larger files are judged by their first rows. */
export const MAX_COUNTED_BYTES: number = 16 * 2 ** 20
/** Rows that decide the fields of a larger file. */
export const SAMPLE_ROWS = 1000
/** Fields of one example; above it, the keys themselves are data. */
export const MAX_FIELDS = 10_000

const invalid = failing('JSONL_INVALID', 'Give each field one kind of value in every line.')

/**
 * Examples in JSON, one a line, as a description: a tensor of each field. Numbers are int64 or float64 (null is NaN),
 * arrays of numbers of one shape a tensor, everything else is read as text or JSON. Rows are counted up to 16 MiB; of
 * a larger file the fields stand in its metadata, and are read by their names all the same. Lines that are no objects
 * are one field, `value`. Throws JSONL_INVALID.
 */
export async function openJsonlData(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const whole = source.size <= MAX_COUNTED_BYTES
  const { rows, fields } = await inspect(input, whole ? Number.POSITIVE_INFINITY : SAMPLE_ROWS)
  const fieldOf = (name: string): Field => {
    const field = fields.get(name)
    if (field) return field
    throw tensorMissing(source.name, name, fields.keys())
  }
  const listed = [...fields].map(([name, field]) => ({ name, ...field }))
  const tensors = whole ? listed.map(field => tensorOf(field, rows)) : []
  const places = new Map(tensors.map(({ name }, place) => [name, place]))
  let held: ReadonlyMap<string, Held> | undefined
  return {
    file: {
      format: 'jsonl',
      ...singleFile(input),
      tensors,
      parameters: 0,
      metadata: whole ? [] : [{ key: 'fields', value: JSON.stringify(listed) }],
      ...(!whole && {
        notes: [
          `rows are not counted above ${MAX_COUNTED_BYTES} bytes; the first ${rows} say what the fields are`,
        ],
      }),
    },
    async *readTensor(name) {
      const field = fieldOf(name)
      if (field.kind === 'string' || field.kind === 'object')
        throw failing('FORMAT_UNSUPPORTED', 'Read it as text.')(`${source.name}: '${name}' is no number`)
      const batch = together(tensors, places.get(name) ?? tensors.length)
      if (batch.length === 0) yield* streamed(source, name, field)
      else {
        if (!held?.has(name)) held = await holdFields(source, batch, fields)
        const { bytes } = held.get(name)!
        for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES)
      }
    },
    async *readText(name) {
      const { kind } = fieldOf(name)
      for await (const { value } of readJsonl(source)) {
        const found = fieldIn(value, name)
        yield kind === 'string' && typeof found === 'string' ? found : JSON.stringify(found)
      }
    },
    async close() {
      held = undefined
    },
  }
}

/** Several fields in one pass: of thousands, each would cost one. */
async function holdFields(
  source: ByteSource,
  batch: readonly TensorInfo[],
  fields: ReadonlyMap<string, Field>,
): Promise<ReadonlyMap<string, Held>> {
  const held = new Map(batch.map(tensor => [tensor.name, new Held(tensor)]))
  for await (const { line, value } of readJsonl(source))
    for (const [name, numbers] of held)
      numbers.push(numbersOf(value, name, fields.get(name)!, source.name, line))
  return held
}

async function* streamed(source: ByteSource, name: string, field: Field): AsyncGenerator<Uint8Array, void> {
  const packer = new Packer(field.kind as 'bool' | 'int64' | 'float64')
  for await (const { line, value } of readJsonl(source)) {
    for (const number of numbersOf(value, name, field, source.name, line)) {
      const piece = packer.push(number)
      if (piece) yield piece
    }
  }
  const rest = packer.rest()
  if (rest.byteLength > 0) yield rest
}

/** Throws JSONL_INVALID where a line holds something else than its field says. */
function numbersOf(value: Json, name: string, field: Field, file: string, line: number): readonly number[] {
  const numbers = flatten(fieldIn(value, name), field)
  if (numbers) return numbers
  throw invalid(`${file}:${line}: expected ${field.kind} [${field.shape.join(', ')}] as '${name}'`, {
    details: { line },
  })
}

async function inspect(
  { source }: ModelInput,
  most: number,
): Promise<{ rows: number; fields: ReadonlyMap<string, Field> }> {
  const fields = new Map<string, Field>()
  const seen = new Map<string, number>()
  let rows = 0
  for await (const { line, value } of readJsonl(source)) {
    if (rows === most) break
    rows++
    for (const name of namesOf(value)) {
      const found = fieldKind(fieldIn(value, name))
      const before = fields.get(name)
      fields.set(name, before ? both(before, found) : found)
      seen.set(name, (seen.get(name) ?? 0) + 1)
      if (fields.size > MAX_FIELDS)
        throw failing(
          'DATA_LIMIT',
          'Put what varies into one field.',
        )(`${source.name}:${line}: there are more than ${MAX_FIELDS} fields`)
    }
  }
  // A field that some lines lack is as if it was null there.
  for (const [name, field] of fields)
    if (seen.get(name) !== rows) fields.set(name, both(field, fieldKind(null)))
  return { rows, fields }
}

function both(a: Field, b: Field): Field {
  const same = a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis])
  const kind = widest(a.kind, b.kind)
  return same && kind !== undefined ? { kind, shape: a.shape } : { kind: 'object', shape: [] }
}

function namesOf(value: Json): readonly string[] {
  return isRecord(value) ? Object.keys(value) : ['value']
}

function fieldIn(value: Json, name: string): Json {
  if (!isRecord(value)) return name === 'value' ? value : null
  return Object.hasOwn(value, name) ? value[name]! : null
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function tensorOf({ name, kind, shape }: Field & { name: string }, rows: number): TensorInfo {
  const elements = shape.reduce((product, size) => product * size, rows)
  const width: Readonly<Record<ColumnKind, number | undefined>> = {
    bool: 1,
    int64: 8,
    float64: 8,
    string: undefined,
    object: undefined,
  }
  const bytes = width[kind]
  return {
    name,
    dtype: kind,
    shape: [rows, ...shape],
    elements,
    ...(bytes !== undefined && { bytes: elements * bytes }),
    stored: ['text'],
    role: 'data',
  }
}
