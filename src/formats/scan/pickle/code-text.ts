import type { PickleNode } from '../../pickle/types.ts'

/** What only program code, shell commands and addresses look like. */
const CODE =
  /\b(?:__import__|eval|exec|compile|getattr|globals)\s*\(|\bimport\s+(?:os|sys|socket|subprocess|base64|urllib|requests|ctypes|pty)\b|\bos\.(?:system|popen|exec|environ|remove)|subprocess\.|\/bin\/(?:sh|bash|zsh|cat|nc)|\b(?:curl|wget|nc|ncat|bash|powershell|chmod|sh|python3?|touch|whoami|certutil|mshta)\s+[-\w/.~$"'(<>&|]|cmd(?:\.exe)?\s+\/c|https?:\/\/|ftp:\/\/|\/etc\/(?:passwd|shadow)|\.ssh\/|lambda\s*[\w,\s]*:|\bopen\(|;\s*rm\s|\brm\s+-|\becho\s+\S|>\s*\/(?:tmp|dev)\//

const MAX_LOOKED_AT = 20
const MAX_TEXT = 20_000

/** A text among the arguments that reads as code, a command or an address. */
export function codeAmong(args: PickleNode): string | undefined {
  const todo: PickleNode[] = [args]
  for (let seen = 0; todo.length > 0 && seen < MAX_LOOKED_AT; seen++) {
    const node = todo.pop()!
    if (node.kind === 'text' && CODE.test(node.value.slice(0, MAX_TEXT))) return node.value
    if (node.kind === 'tuple' || node.kind === 'list') todo.push(...node.items.slice(0, MAX_LOOKED_AT))
    if (node.kind === 'dict') todo.push(...node.entries.slice(0, MAX_LOOKED_AT).flat())
  }
  return undefined
}
