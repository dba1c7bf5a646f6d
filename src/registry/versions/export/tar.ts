/**
 * The tar of an export, POSIX ustar with pax headers for long names and large sizes: every byte of it follows from
 * names and sizes, so that the same version makes the same file, and a reader can tell what it must find.
 */
export const BLOCK_BYTES = 512
/** What eleven octal digits hold. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1
const MAX_NAME_BYTES = 100

/** All that stands before an entry's bytes. */
export function entryHeader(name: string, size: number): Buffer {
  const long = Buffer.byteLength(name) > MAX_NAME_BYTES
  const large = size > MAX_OCTAL_SIZE
  const plain = header({ name: long ? 'long' : name, size: large ? 0 : size, type: '0' })
  if (!long && !large) return plain
  const records = Buffer.from((long ? record('path', name) : '') + (large ? record('size', `${size}`) : ''))
  return Buffer.concat([
    header({ name: 'pax', size: records.length, type: 'x' }),
    records,
    paddingAfter(records.length),
    plain,
  ])
}

/** Zeros up to the next block. */
export function paddingAfter(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES)
}

/** What closes an archive. */
export function ending(): Buffer {
  return Buffer.alloc(2 * BLOCK_BYTES)
}

/** The size that a plain header states; undefined where it states none. */
export function statedSize(block: Uint8Array): number | undefined {
  const text = Buffer.from(block.subarray(124, 136)).toString('latin1')
  return /^[0-7]{11}\0$/.test(text) ? Number.parseInt(text, 8) : undefined
}

function header({
  name,
  size,
  type,
}: {
  readonly name: string
  readonly size: number
  readonly type: '0' | 'x'
}): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  block.write(name, 0, MAX_NAME_BYTES)
  octal(0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(0, 136, 11)
  block.fill(' ', 148, 156)
  block.write(type, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  )
  block.write(' ', 155, 'latin1')
  return block
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`)
  return `${length}${rest}`
}
