import { type Content, extensionOf, hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'

/** Programs and libraries of all common systems. */
export const programLens: Lens = {
  name: 'program',
  async scan(content, sink) {
    const what = programOf(content)
    if (!what) return undefined
    sink.add({ rule: 'content/program', level: 'unsafe', what: `${what}` })
    return 'program'
  },
}

/** ELF, PE, Mach-O, WebAssembly, Java: each with a second sign, as two bytes prove nothing. */
function programOf(content: Content): string | undefined {
  const { latin, source } = content
  if (/^\x7fELF[\x01\x02][\x01\x02]\x01/.test(latin)) return 'a Linux program or library (ELF)'
  if (hasMagic(content, 'MZ') && isPortable(content)) return 'a Windows program or library (PE)'
  if (/^(?:\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf])/.test(latin) && source.size > 32)
    return 'a macOS program or library (Mach-O)'
  // Universal binaries and Java classes share their magic; the number of architectures is small.
  if (/^\xca\xfe\xba\xbe\0\0\0/.test(latin)) return 'a macOS universal program or a Java class'
  return hasMagic(content, '\0asm\x01\0\0\0') ? 'a WebAssembly module' : undefined
}

function isPortable({ head, latin }: Content): boolean {
  if (head.byteLength < 0x40) return false
  const at = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0x3c, true)
  return latin.startsWith('PE\0\0', at)
}

/** Magic numbers of `.pyc` end so. Then flags, and (16 bytes behind the start) a marshalled code object. */
const PYC = /^[\x00-\xff]{2}\r\n(?:.{12}|.{8}|.{4})[\xe3\x63][\x00-\x20]\0\0\0/s
const MARSHALLED = /^[\xe3\x63][\x00-\x20]\0\0\0[\x00-\x20]\0\0\0/

/** Compiled Python: a `.pyc`, or a marshalled code object as it hides in byte strings. */
export const bytecodeLens: Lens = {
  name: 'bytecode',
  async scan(content, sink) {
    const compiled = PYC.test(content.latin)
    if (!compiled && !isMarshalled(content)) return undefined
    const what = compiled ? 'compiled Python code (.pyc)' : 'a marshalled Python code object'
    sink.add({ rule: 'content/bytecode', level: 'unsafe', what })
    return 'bytecode'
  },
}

/** The counts of arguments, then, within its 40 bytes of header, the byte string of instructions. */
function isMarshalled({ latin, source }: Content): boolean {
  if (source.size < 40 || !MARSHALLED.test(latin)) return false
  return /[\x73\xf3][^\x00].\x00\x00/s.test(latin.slice(8, 40))
}

const OPAQUE: readonly (readonly [magic: string, at: number, name: string])[] = [
  ['7z\xbc\xaf\x27\x1c', 0, '7z'],
  ['Rar!\x1a\x07', 0, 'RAR'],
  ['xar!', 0, 'xar'],
  ['MSCF\0\0\0\0', 0, 'cabinet'],
  ['!<arch>\n', 0, 'ar'],
  ['ITSF', 0, 'compiled HTML help'],
  ['CD001', 0x8001, 'ISO image'],
  ['hsqs', 0, 'squashfs'],
  ['-lh', 2, 'LHA'],
]

/** Archives that are known and not read. */
export const opaqueLens: Lens = {
  name: 'archive',
  async scan(content, sink) {
    const found = OPAQUE.find(([magic, at]) => hasMagic(content, magic, at))
    if (!found) return undefined
    sink.add({
      rule: 'content/opaque-archive',
      level: 'unknown',
      what: `a ${found[2]} archive, which is not looked into`,
    })
    return found[2]
  },
}

const SCRIPTS: readonly string[] = [
  '.sh',
  '.bash',
  '.zsh',
  '.bat',
  '.cmd',
  '.ps1',
  '.vbs',
  '.command',
  '.scr',
  '.lnk',
]

/** Scripts: by their first line, or, where that says nothing, by their name. */
export const scriptLens: Lens = {
  name: 'script',
  async scan(content, sink) {
    if (content.depth > 0 && sink.context.speculative) return undefined
    const first = /^#!\s?\S+.{0,80}/.exec(content.latin)?.[0]
    const extension = extensionOf(content.name)
    if (first === undefined && !SCRIPTS.includes(extension)) return undefined
    const what = first === undefined ? `${content.name} is a script` : `a script for ${first.slice(2).trim()}`
    sink.add({ rule: 'content/script', level: 'unknown', what })
    return 'script'
  },
}
