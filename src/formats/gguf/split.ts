import { type ByteSource, CoreError } from '../../core/index.ts'
import type { ModelInput } from '../ports.ts'
import { numberOf } from './describe.ts'
import { type GgufHeader, readHeader } from './header.ts'
import { fail, MAX_PARTS, MAX_TENSORS } from './limits.ts'

/** One file of a model. */
export interface Part {
  readonly path: string
  readonly size: number
  readonly header: GgufHeader
}

/** `model-00001-of-00003.gguf`, as llama.cpp's gguf-split names parts. */
const NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s

/**
 * All parts of the model that `header`, of the input, belongs to: the input alone where it isn't split. Parts come in
 * their order. Throws FORMAT_MALFORMED for parts that are missing or of another model.
 */
export async function partsOf(input: ModelInput, header: GgufHeader): Promise<readonly Part[]> {
  const own = { path: input.path, size: input.storedSize, header }
  const count = numberOf(header.metadata, 'split.count') ?? 0
  if (count <= 1) return [own]
  const { name } = input.source
  if (!Number.isSafeInteger(count) || count > MAX_PARTS)
    throw fail.limit({ name }, `split.count is ${count}; the limit is ${MAX_PARTS}`)
  const [, prefix, position, total] = NAME.exec(input.path) ?? []
  if (prefix === undefined || Number(total) !== count) {
    throw fail.malformed(
      { name },
      `the file is one of ${count} parts, and isn't named like …-00001-of-${digits(count)}.gguf`,
      { hint: 'Give all parts the names that llama.cpp gave them: the others are found by them.' },
    )
  }
  const parts: Part[] = []
  for (let i = 1; i <= count; i++) {
    const path = `${prefix}-${digits(i)}-of-${total}.gguf`
    const part = i === Number(position) ? own : await openPart(input, path)
    checkPart(part, i - 1, count)
    parts.push(part)
    const tensors = parts.reduce((sum, each) => sum + each.header.tensors.length, 0)
    if (tensors > MAX_TENSORS)
      throw fail.limit({ name: path }, `more than ${MAX_TENSORS} tensors in all parts`)
  }
  checkTogether(name, parts)
  return parts
}

function digits(number: number): string {
  return String(number).padStart(5, '0')
}

async function openPart(input: ModelInput, path: string): Promise<Part> {
  let source: ByteSource
  try {
    source = await input.tree.open(path)
  } catch (cause) {
    if (!(cause instanceof CoreError) || cause.code !== 'FILE_UNREADABLE') throw cause
    throw fail.malformed(
      { name: input.source.name },
      `its part ${path} could not be opened: ${cause.message}`,
      {
        hint: 'Fetch all parts of the model into one folder.',
        cause,
      },
    )
  }
  try {
    return { path, size: source.size, header: await readHeader(source) }
  } finally {
    await source.close()
  }
}

function checkPart({ path, header }: Part, position: number, count: number): void {
  const own = numberOf(header.metadata, 'split.no')
  const total = numberOf(header.metadata, 'split.count')
  if (own === position && total === count) return
  throw fail.malformed(
    { name: path },
    `it says it is split.no ${own ?? 'none'} of ${total ?? 'none'}, and should be ${position} of ${count}`,
  )
}

function checkTogether(name: string, parts: readonly Part[]): void {
  const names = new Set<string>()
  for (const { path, header } of parts) {
    for (const tensor of header.tensors) {
      if (names.has(tensor.name))
        throw fail.malformed({ name: path }, `a second part has a tensor named '${tensor.name}'`)
      names.add(tensor.name)
    }
  }
  const stated = numberOf(parts[0]!.header.metadata, 'split.tensors.count')
  if (stated !== undefined && stated !== names.size)
    throw fail.malformed(
      { name },
      `split.tensors.count is ${stated}, and the parts have ${names.size} tensors`,
    )
}
