import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const BLOCK = 512
/** What eleven octal digits hold; larger sizes stand in an extended header. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1
const MAX_NAME_BYTES = 100
const READ_BYTES = 256 * 1024

/**
 * The folders and regular files below `root` as entries of a tar under `prefix/`, without the blocks that close
 * an archive, so that another can follow. POSIX ustar; long names and sizes by pax headers.
 */
export async function* tarEntries(
  root: string,
  prefix: string,
  keeps: (path: string) => boolean,
): AsyncGenerator<Buffer> {
  yield header({ name: `${prefix}/`, type: '5', mode: 0o755, size: 0 })
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const found = entries
    .map(entry => ({ entry, path: join(entry.parentPath, entry.name).slice(root.length + 1) }))
    .filter(({ path }) => keeps(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const { entry, path } of found) {
    const name = `${prefix}/${path}`
    if (entry.isDirectory()) yield* entryHeader({ name: `${name}/`, type: '5', mode: 0o755, size: 0 })
    else if (entry.isFile()) yield* file(join(root, path), name)
  }
}

async function* file(path: string, name: string): AsyncGenerator<Buffer> {
  const { size } = await stat(path)
  yield* entryHeader({ name, type: '0', mode: 0o644, size })
  if (size === 0) return
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: READ_BYTES }))
    yield chunk as Buffer
  const padding = (BLOCK - (size % BLOCK)) % BLOCK
  if (padding > 0) yield Buffer.alloc(padding)
}

interface Header {
  readonly name: string
  readonly type: '0' | '5' | 'x'
  readonly mode: number
  readonly size: number
}

function* entryHeader(entry: Header): Generator<Buffer> {
  const long = Buffer.byteLength(entry.name) > MAX_NAME_BYTES
  const large = entry.size > MAX_OCTAL_SIZE
  if (long || large) {
    const records = Buffer.from(
      (long ? record('path', entry.name) : '') + (large ? record('size', String(entry.size)) : ''),
    )
    yield header({ name: 'pax', type: 'x', mode: 0o644, size: records.length })
    yield Buffer.concat([records, Buffer.alloc((BLOCK - (records.length % BLOCK)) % BLOCK)])
  }
  yield header({ ...entry, ...(long && { name: 'long' }), ...(large && { size: 0 }) })
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`)
  return `${length}${rest}`
}

function header({ name, type, mode, size }: Header): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, offset: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1')
  }
  block.write(name, 0, MAX_NAME_BYTES)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('        ', 148, 'latin1')
  block.write(type, 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  )
  return block
}
