/** Builds small tar archives, honest and hostile, for tests of the reader. */
export interface TarItem {
  readonly path: string
  readonly type?: string
  readonly content?: string | Uint8Array
  readonly mode?: number
  readonly target?: string
  /** A size that the header tells instead of the true one. */
  readonly claimedSize?: number
  /** Put into a pax header before it. */
  readonly pax?: Readonly<Record<string, string>>
}

export function tarOf(items: readonly TarItem[], end = true): Buffer {
  const parts = items.flatMap(item => [
    ...(item.pax ? entry({ path: 'pax', type: 'x', content: paxRecords(item.pax) }) : []),
    ...entry(item),
  ])
  return Buffer.concat([...parts, Buffer.alloc(end ? 1024 : 0)])
}

function entry({
  path,
  type = '0',
  content = '',
  mode = 0o644,
  target = '',
  claimedSize,
}: TarItem): Buffer[] {
  const body = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(path, 0, 100)
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${(claimedSize ?? body.length).toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(target, 157, 100)
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
}

function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`
      let length = Buffer.byteLength(rest)
      while (String(length).length + Buffer.byteLength(rest) !== length) {
        length = String(length).length + Buffer.byteLength(rest)
      }
      return `${length}${rest}`
    })
    .join('')
}
