import type { ByteSource } from '../../core/index.ts'
import type { ModelInput, OpenModel, Reader } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import { describe, readPlaced } from './describe.ts'
import { readHeader } from './header.ts'
import { openSharded } from './sharded.ts'

/**
 * A safetensors file, or the index of a sharded model (`model.safetensors.index.json`), whose shards are opened
 * through the input's tree. Throws FORMAT_TRUNCATED, FORMAT_MALFORMED, FORMAT_LIMIT or FORMAT_PATH.
 */
export const openSafetensors: Reader = async input => {
  if (await isIndex(input.source)) return openSharded(input)
  return openSingle(input)
}

/** A header's length is far below 2^56, so that its eighth byte is zero; JSON has no zero bytes. */
async function isIndex(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(8, source.size))
  return head.length === 8 && head[7] !== 0 && /^\s*\{/.test(Buffer.from(head).toString('latin1'))
}

async function openSingle(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const header = await readHeader(source)
  const placed = new Map(header.tensors.map(tensor => [tensor.name, tensor]))
  return {
    file: describe(input, [{ path: input.path, size: input.storedSize }], header, []),
    readTensor(name, options) {
      const tensor = placed.get(name)
      if (!tensor) throw tensorMissing(source.name, name, placed.keys())
      return readPlaced(source, tensor, options)
    },
    async close() {},
  }
}
