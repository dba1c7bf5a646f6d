import { join } from './pickle-bytes.ts'

/** Beginnings of programs: enough to be recognised, and nothing that runs. */
export const elf: Uint8Array = join('\x7fELF\x02\x01\x01', Buffer.alloc(64))

export const peProgram: Uint8Array = (() => {
  const bytes = Buffer.alloc(256)
  bytes.write('MZ', 0, 'latin1')
  bytes.writeUInt32LE(0x80, 0x3c)
  bytes.write('PE\0\0', 0x80, 'latin1')
  return bytes
})()

/** A header of Python 3.11's bytecode, then a code object of nothing. */
export const pyc: Uint8Array = join('\xa7\r\r\n', Buffer.alloc(12), '\xe3\0\0\0\0\0\0\0\0', Buffer.alloc(40))

export const bzip2Magic = 'BZ'
