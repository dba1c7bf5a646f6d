import type { Located } from '../../../../yaml/located.ts'

/** What a function makes of a value, or why it can't. */
export type Applied = { readonly value: Located } | { readonly problem: string; readonly hint?: string }

export const FUNCTIONS = ['expand_vars', 'truncate', 'posix_escape', 'split']

/** Applies one function of a block, as written: `truncate(0,8)`. `expand` gives variables their values. */
export function applyFunction(written: string, input: Located, expand: (text: string) => string): Applied {
  const [, name = '', , args] = /^([a-z_]+)(\((.*)\))?$/.exec(written) ?? []
  if (!FUNCTIONS.includes(name)) {
    return {
      problem: `There is no function '${written.slice(0, 40)}'`,
      hint: `there are ${FUNCTIONS.join(', ')}`,
    }
  }
  if (input.kind !== 'scalar' || typeof input.value !== 'string') return { problem: `${name} takes a string` }
  const text = input.value
  const { at } = input
  const made = (result: string): Applied => ({ value: { kind: 'scalar', value: result, text: result, at } })
  if (name === 'split') return split(text, args, input)
  if (name === 'truncate') {
    const range = /^\s*(\d{1,9})\s*,\s*(\d{1,9})\s*$/.exec(args ?? '')
    if (!range) return { problem: 'truncate takes two numbers', hint: 'write truncate(offset,length)' }
    const offset = Number(range[1])
    return made([...text].slice(offset, offset + Number(range[2])).join(''))
  }
  if (args !== undefined) return { problem: `${name} takes no arguments` }
  return made(name === 'expand_vars' ? expand(text) : escapeForShell(text))
}

function split(text: string, args: string | undefined, { at }: Located): Applied {
  const separator = /^'([^']+)'$/.exec(args ?? '')?.[1]
  if (separator === undefined) return { problem: 'split takes a separator', hint: "write split(',')" }
  const parts = text.split(separator).map(part => part.trim())
  const items = parts
    .filter(part => part !== '')
    .map(part => ({ kind: 'scalar', value: part, text: part, at }) as const)
  return { value: { kind: 'list', items, at } }
}

/** A backslash before whatever a Bourne shell could take for more than a letter; line ends in quotes. */
export function escapeForShell(text: string): string {
  if (text === '') return "''"
  return text.replace(/[^A-Za-z0-9_\-.,:+/@\n]/gu, '\\$&').replace(/\n/g, "'\n'")
}
