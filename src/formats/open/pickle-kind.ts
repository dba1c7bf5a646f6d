/**
 * Whether a file may be a pickle of protocol 0 or 1, which has no mark of its own: it begins with an opcode that makes
 * a value, and only such text as those protocols write follows. Whether it is one, the pickle machine tells.
 */
export function looksLikeTextPickle(head: Uint8Array): boolean {
  const latin = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 512)).toString('latin1')
  return /^(?:c[\w.]{1,200}\r?\n[\w.]{1,200}\r?\n|\(i[\w.]{1,200}\n|[(\]})][lditpqc(VSIFLNKMJUTX\]}0-9.]|[(]*[lditp]|I-?\d+\r?\n|V[^\n]{0,400}\n|S['"][^\n]{0,400}\n|F-?[\d.e+-]+\n|L-?\d+L?\n)/.test(
    latin,
  )
}
