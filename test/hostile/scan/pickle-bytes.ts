/** A small assembler of pickles: attacks are written opcode by opcode, and never loaded by anything. */
export type Op = Uint8Array

const raw = (text: string): Op => Buffer.from(text, 'latin1')
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export const join = (...parts: readonly (Op | string)[]): Uint8Array =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? raw(part) : part)))

export const PROTO = (version: number): Op => Uint8Array.of(0x80, version)
export const MARK: Op = raw('(')
export const STOP: Op = raw('.')
export const REDUCE: Op = raw('R')
export const BUILD: Op = raw('b')
export const POP: Op = raw('0')
export const DUP: Op = raw('2')
export const NONE: Op = raw('N')
export const TUPLE: Op = raw('t')
export const TUPLE1: Op = Uint8Array.of(0x85)
export const TUPLE2: Op = Uint8Array.of(0x86)
export const TUPLE3: Op = Uint8Array.of(0x87)
export const EMPTY_TUPLE: Op = raw(')')
export const EMPTY_DICT: Op = raw('}')
export const SETITEM: Op = raw('s')
export const APPEND: Op = raw('a')
export const STACK_GLOBAL: Op = Uint8Array.of(0x93)
export const NEWOBJ: Op = Uint8Array.of(0x81)
export const NEWOBJ_EX: Op = Uint8Array.of(0x92)
export const OBJ: Op = raw('o')
export const MEMOIZE: Op = Uint8Array.of(0x94)
export const BINPERSID: Op = raw('Q')

export const GLOBAL = (module: string, name: string): Op => raw(`c${module}\n${name}\n`)
export const INST = (module: string, name: string): Op => raw(`i${module}\n${name}\n`)
export const STRING = (text: string): Op => raw(`S'${text}'\n`)
export const UNICODE = (text: string): Op => raw(`V${text}\n`)
export const PUT = (key: number): Op => raw(`p${key}\n`)
export const GET = (key: number): Op => raw(`g${key}\n`)
export const BINPUT = (key: number): Op => Uint8Array.of(0x71, key)
export const BINGET = (key: number): Op => Uint8Array.of(0x68, key)
export const EXT1 = (code: number): Op => Uint8Array.of(0x82, code)

/** A text of protocol 4. */
export function text(value: string): Op {
  const bytes = Buffer.from(value, 'utf8')
  return bytes.length < 256
    ? Buffer.concat([Uint8Array.of(0x8c, bytes.length), bytes])
    : Buffer.concat([Uint8Array.of(0x58), u32(bytes.length), bytes])
}

/** A byte string of protocol 3. */
export function bytes(value: Uint8Array | string): Op {
  const content = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
  return Buffer.concat([Uint8Array.of(0x42), u32(content.length), content])
}

export const stackGlobal = (module: string, name: string): Op => join(text(module), text(name), STACK_GLOBAL)

/** A pickle of protocol 4 that calls `module.name(…)`, and leaves what it returns. */
export function call(module: string, name: string, ...args: readonly Op[]): Uint8Array {
  return join(PROTO(4), stackGlobal(module, name), MARK, ...args, TUPLE, REDUCE, STOP)
}

/** The attack that all others wrap. It is a text for scanners: nothing here loads it. */
export const SYSTEM: Uint8Array = call('os', 'system', text('echo pwned'))
