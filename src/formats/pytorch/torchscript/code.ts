import { fail, MAX_NODES } from '../limits.ts'

/** A method of TorchScript's own dialect of Python. */
export interface Method {
  readonly name: string
  /** Without `self`. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[]
  readonly returns: string
  /** Operators called in its body, each as often as it is: `torch.linear`, `ops.aten.add`. */
  readonly calls: ReadonlyMap<string, number>
}

/** A class of a file of code; functions outside of classes are in one without a name. */
export interface ScriptClass {
  /** With its module: `__torch__.torch.nn.modules.linear.Linear`. */
  readonly name: string
  readonly base: string
  readonly methods: readonly Method[]
  /** Attributes listed as parameters and buffers. */
  readonly parameters: ReadonlySet<string>
  readonly buffers: ReadonlySet<string>
}

const CLASS = /^class ([\w.]+)\((\w*)\):/
const DEFINITION = /^( {2})?def (\w+)\(/
const CALL = /\b(torch(?:\.\w+)?|ops\.\w+)\.(\w+)\(/g
/** A signature stands on as many lines as the method has parameters. */
const MAX_SIGNATURE_LINES = 2000

/**
 * Classes and methods of one file of `code/`, by lines: TorchScript is printed by a machine, always in the same
 * form. Nothing of it is run. Throws FORMAT_LIMIT.
 */
export function parseCode(text: string, module: string, file: string): readonly ScriptClass[] {
  const classes: Building[] = []
  const lines = text.split('\n')
  let methods = 0
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const opening = CLASS.exec(line)
    if (opening) classes.push(building(`${module}.${opening[1]}`, opening[2]!))
    const definition = DEFINITION.exec(line)
    const current = classes.at(-1)
    if (definition) {
      const owner = definition[1] && current ? current : functionsOf(classes, module)
      const signature = signatureAt(lines, at)
      at += signature.lines - 1
      owner.methods.push({ name: definition[2]!, ...signature.parsed, calls: new Map() })
      if (++methods > MAX_NODES) throw fail.limit({ name: file }, `more than ${MAX_NODES} methods`)
    } else if (current) readLine(line, current)
  }
  return classes.filter(
    ({ methods: { length }, parameters, buffers }) => length + parameters.size + buffers.size > 0,
  )
}

interface Building {
  readonly name: string
  readonly base: string
  readonly methods: (Method & { readonly calls: Map<string, number> })[]
  readonly parameters: Set<string>
  readonly buffers: Set<string>
}

function building(name: string, base: string): Building {
  return { name, base, methods: [], parameters: new Set(), buffers: new Set() }
}

function functionsOf(classes: Building[], module: string): Building {
  const last = classes.at(-1)
  if (last?.name === module) return last
  const functions = building(module, '')
  classes.push(functions)
  return functions
}

function readLine(line: string, current: Building): void {
  const list = /^ {2}__(parameters|buffers)__ = \[(.*)\]/.exec(line)
  if (list) {
    const names = list[1] === 'parameters' ? current.parameters : current.buffers
    for (const [, name] of list[2]!.matchAll(/"([^"]*)"/g)) names.add(name!)
  }
  const method = current.methods.at(-1)
  if (!method) return
  for (const [, domain, name] of line.matchAll(CALL)) {
    const call = `${domain}.${name}`
    method.calls.set(call, (method.calls.get(call) ?? 0) + 1)
  }
}

/** `def forward(self: X,\n    x: Tensor, size: int=2) -> Tuple[Tensor, Tensor]:` */
function signatureAt(lines: readonly string[], start: number) {
  let end = start
  while (end < lines.length - 1 && !lines[end]!.endsWith(':') && end - start < MAX_SIGNATURE_LINES) end++
  const text = lines.slice(start, end + 1).join(' ')
  const inner = text.slice(text.indexOf('(') + 1)
  const [parts, rest] = splitList(inner)
  const arrow = rest.lastIndexOf('->')
  const returns = arrow < 0 ? '' : rest.slice(arrow + 2, rest.lastIndexOf(':')).trim()
  const parameters = parts.map(parameterOf).filter(({ name }) => name !== 'self')
  return { lines: end - start + 1, parsed: { parameters, returns } }
}

/** `size: int=2`. */
function parameterOf(text: string): { readonly name: string; readonly type: string } {
  const [declared] = text.split('=', 1)
  const colon = declared!.indexOf(':')
  const name = colon < 0 ? declared! : declared!.slice(0, colon)
  return { name: name.trim(), type: colon < 0 ? '' : declared!.slice(colon + 1).trim() }
}

/** What stands between commas up to the closing parenthesis, brackets within left alone; and what follows. */
export function splitList(text: string): readonly [parts: readonly string[], rest: string] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '[' || character === '(') depth++
    else if (depth > 0 && (character === ']' || character === ')')) depth--
    else if (depth === 0 && (character === ',' || character === ')' || character === ']')) {
      if (text.slice(from, at).trim() !== '') parts.push(text.slice(from, at).trim())
      from = at + 1
      if (character !== ',') return [parts, text.slice(at + 1)]
    }
  }
  if (text.slice(from).trim() !== '') parts.push(text.slice(from).trim())
  return [parts, '']
}
