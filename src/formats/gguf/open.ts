import type { ByteSource } from '../../core/index.ts'
import type { ModelInput } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import { describe } from './describe.ts'
import { readHeader } from './header.ts'
import { readLocated } from './read.ts'
import { type Part, partsOf } from './split.ts'
import { type GgufModel, templatesIn } from './templates.ts'
import type { Located } from './tensors.ts'

/**
 * A GGUF model, with all its parts where llama.cpp has split it: they are opened through the input's tree, one at a
 * time. `readTensor` gives ggml's blocks as they are; `valuesOf` dequantizes them. Throws FORMAT_TRUNCATED,
 * FORMAT_MALFORMED, FORMAT_LIMIT or FORMAT_UNSUPPORTED.
 */
export async function openGguf(input: ModelInput): Promise<GgufModel> {
  const parts = await partsOf(input, await readHeader(input.source))
  const located = new Map<string, { readonly tensor: Located; readonly part: Part }>()
  for (const part of parts)
    for (const tensor of part.header.tensors) located.set(tensor.name, { tensor, part })
  const first = parts[0]!.header
  const tensors = Array.from(located.values(), ({ tensor }) => tensor)
  const notes = parts.flatMap(({ header }) => header.notes)
  // The file that was named comes first.
  const files = parts
    .toSorted((a, b) => Number(b.path === input.path) - Number(a.path === input.path))
    .map(({ path, size }) => ({ path, size }))
  /** Parts that are being read, also by readings that nobody ended. */
  const open = new Set<ByteSource>()
  return {
    file: describe(input, files, { ...first, tensors, notes }),
    templates: parts.flatMap(({ header }) => templatesIn(header.metadata)),
    async *readTensor(name, options) {
      const found = located.get(name)
      if (!found) throw tensorMissing(input.source.name, name, located.keys())
      const { tensor, part } = found
      const { littleEndian } = part.header
      if (part.path === input.path) return yield* readLocated(input.source, tensor, littleEndian, options)
      const source = await input.tree.open(part.path)
      open.add(source)
      try {
        yield* readLocated(source, tensor, littleEndian, options)
      } finally {
        open.delete(source)
        await source.close()
      }
    },
    async close() {
      for (const source of open) await source.close()
      open.clear()
    },
  }
}
