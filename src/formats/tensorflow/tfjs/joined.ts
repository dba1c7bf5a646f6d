import { type ByteSource, CoreError } from '../../../core/index.ts'
import type { FileTree } from '../../ports.ts'

/** So many files stay open at once. */
const MAX_OPEN = 64

/** Files one behind the other, as one source; opens each once for its size. Throws FILE_UNREADABLE. */
export async function joinedFiles(
  tree: FileTree,
  paths: readonly string[],
  name: string,
): Promise<ByteSource & { readonly sizes: readonly number[] }> {
  const sizes: number[] = []
  const starts: number[] = []
  const kept: ByteSource[] = []
  let size = 0
  const close = async () => {
    for (const source of kept.splice(0)) await source.close()
  }
  try {
    for (const path of paths) {
      const source = await tree.open(path)
      starts.push(size)
      sizes.push(source.size)
      size += source.size
      if (kept.length < MAX_OPEN) kept.push(source)
      else await source.close()
    }
  } catch (cause) {
    await close()
    throw cause
  }
  return { name, size, sizes, close, read }

  async function read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= size))
      throw new CoreError('RANGE_OUT_OF_BOUNDS', {
        message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
        hint: 'The file is probably truncated: fetch or export it again.',
        details: { size, offset, length },
      })
    let file = Math.max(
      0,
      starts.findLastIndex(start => start <= offset),
    )
    let at = offset
    const end = offset + length
    if (sizes.length > 0 && end <= starts[file]! + sizes[file]!) return part(file, at, end)
    const out = new Uint8Array(length)
    for (; at < end; file++) {
      const until = Math.min(end, starts[file]! + sizes[file]!)
      if (until > at) out.set(await part(file, at, until), at - offset)
      at = Math.max(at, until)
    }
    return out
  }

  async function part(file: number, at: number, end: number): Promise<Uint8Array> {
    const open = kept[file]
    const source = open ?? (await tree.open(paths[file]!))
    try {
      return await source.read(at - starts[file]!, end - at)
    } finally {
      if (!open) await source.close()
    }
  }
}
