import type { InputValue } from '../types.ts'

/** What a push asks of its pipelines: `git push -o ci.skip -o ci.variable="A=1" -o ci.input=name=value`. */
export interface PushOptions {
  readonly skip: boolean
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, InputValue>>
}

export type ReadPushOptions =
  | { readonly kind: 'options'; readonly options: PushOptions | undefined }
  /** A line for whoever pushes. */
  | { readonly kind: 'refused'; readonly message: string }

const KNOWN = 'ci.skip, ci.variable="NAME=value", ci.input=name=value'

/**
 * Reads push options. Undefined where none is for pipelines: those of other forges and tools are passed over, but
 * what begins with `ci.` and is not understood refuses the push, before anything has moved.
 *
 *   ci.skip                  no pipeline; ci.no_pipeline is another name of it
 *   ci.variable="A=b c"      quotes around are taken off, as a shell that did not see them would leave them
 *   ci.input=count=3         a number, true or false is one; [ … ] is JSON
 */
export function readPushOptions(
  lines: readonly string[],
  isVariable: (name: string) => boolean,
): ReadPushOptions {
  let skip = false
  const variables = new Map<string, string>()
  const inputs = new Map<string, InputValue>()
  for (const line of lines) {
    if (!line.startsWith('ci.')) continue
    const [key, value] = splitAt(line, '=')
    const [name, text] = value === undefined ? ['', undefined] : splitAt(unquoted(value), '=')
    if (value === undefined && (key === 'ci.skip' || key === 'ci.no_pipeline')) skip = true
    else if (key === 'ci.variable' && text !== undefined) {
      if (!isVariable(name)) return refused(`no pipeline takes a variable '${name}'`, line)
      variables.set(name, text)
    } else if (key === 'ci.input' && text !== undefined && /^[\w-]{1,100}$/.test(name)) {
      inputs.set(name, inputValue(text))
    } else return refused(`there is no such option (${KNOWN})`, line)
  }
  const none = !skip && variables.size === 0 && inputs.size === 0
  return {
    kind: 'options',
    options: none ? undefined : { skip, variables: recordOf(variables), inputs: recordOf(inputs) },
  }
}

/** The value that a text stands for where no form says which type it has. */
export function inputValue(text: string): InputValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  if (!text.startsWith('[')) return text
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every(item => typeof item === 'string') ? list : text
  } catch {
    return text
  }
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function unquoted(text: string): string {
  return /^(["'])[\s\S]*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text
}

/** Without a prototype: names come from outside. */
function recordOf<Value>(map: ReadonlyMap<string, Value>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null) as Record<string, Value>, Object.fromEntries(map))
}

function refused(why: string, line: string): ReadPushOptions {
  return { kind: 'refused', message: `Push option '${line.slice(0, 100)}': ${why}; nothing was changed.` }
}
