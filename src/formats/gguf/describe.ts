import type { ModelInput } from '../ports.ts'
import { metadataEntry, parametersOf } from '../tensors.ts'
import type { FilePart, ModelFile, TensorInfo } from '../types.ts'
import { fileTypeName } from './ggml-types.ts'
import type { GgufHeader } from './header.ts'
import { MAX_STRING_BYTES } from './limits.ts'
import type { Located } from './tensors.ts'
import { textOf } from './text.ts'
import type { GgufValue } from './values.ts'

/** The description of a model: `header` is that of its first part, with the tensors and notes of all parts. */
export function describe(input: ModelInput, files: readonly FilePart[], header: GgufHeader): ModelFile {
  const { version, littleEndian, metadata } = header
  const tensors = header.tensors.map(tensor => infoOf(tensor, littleEndian))
  const what = stringOf(metadata, 'general.architecture')
  const producer = stringOf(metadata, 'general.quantized_by')
  const notes = [...quantizationNotes(metadata), ...header.notes]
  const entries = Array.from(metadata, ([key, value]) => {
    if (value.type === 'string' && value.value.cut)
      notes.push(
        `the metadata '${key}' has ${value.value.bytes} bytes; only the first ${MAX_STRING_BYTES} were read`,
      )
    return metadataEntry(key, textOf(value), notes)
  })
  return {
    format: 'gguf',
    formatVersion: `v${version}`,
    framework: 'llama.cpp',
    ...(producer && { producer }),
    ...(what && { what }),
    name: input.path,
    size: files.reduce((sum, { size }) => sum + size, 0),
    files,
    ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
    tensors,
    parameters: parametersOf(tensors),
    metadata: entries,
    ...(notes.length > 0 && { notes }),
  }
}

function infoOf({ name, dtype, shape, elements, bytes }: Located, littleEndian: boolean): TensorInfo {
  return { name, dtype, shape, elements, bytes, ...(!littleEndian && { stored: ['big-endian'] }) }
}

/** Only what is a string: the type of a key is not fixed by its name. */
export function stringOf(metadata: ReadonlyMap<string, GgufValue>, key: string): string | undefined {
  const entry = metadata.get(key)
  return entry?.type === 'string' ? entry.value.text : undefined
}

export function numberOf(metadata: ReadonlyMap<string, GgufValue>, key: string): number | undefined {
  const entry = metadata.get(key)
  if (!entry || entry.type === 'string' || entry.type === 'array' || entry.type === 'bool') return undefined
  return Number(entry.value)
}

function quantizationNotes(metadata: ReadonlyMap<string, GgufValue>): string[] {
  const notes: string[] = []
  const type = numberOf(metadata, 'general.file_type')
  const version = numberOf(metadata, 'general.quantization_version')
  const name = type === undefined ? undefined : fileTypeName(type)
  if (name) notes.push(`quantized mostly as ${name}`)
  if (version !== undefined) notes.push(`version ${version} of ggml's quantization`)
  return notes
}
