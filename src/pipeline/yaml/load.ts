import { type Document, LineCounter, type Node, type YAMLError } from 'yaml'
import { type Location, messageOf } from '../../core/index.ts'
import { EarlyMap } from './early.ts'
import { Layout } from './layout.ts'
import type { Located } from './located.ts'
import type { YamlFindings, YamlHooks, YamlOptions } from './options.ts'
import { parseDocuments, TooLongError } from './parse.ts'

/** The documents of a file, laid out one by one: what the first says may decide how the second is read. */
export interface YamlStream {
  /** Where each begins. */
  readonly documents: readonly Location[]
  /** An empty document is an empty map. Undefined: there is no telling what was meant, and findings say so. */
  read(index: number, hooks?: YamlHooks): Located | undefined
}

/**
 * Parses a file. Anchors and aliases are laid out; what `options` does not have (merge keys, `!reference`, more
 * documents) is a finding, as other tags and keys that are no text are. `first`: the hooks with which the first
 * document is going to be read, so that a large one need not be kept whole.
 */
export function openYaml(
  text: string,
  file: string,
  options: YamlOptions,
  findings: YamlFindings,
  first?: { readonly hooks: YamlHooks | undefined },
): YamlStream | undefined {
  const start = { file, line: 1, column: 1 }
  if (Buffer.byteLength(text) > options.maxBytes) {
    return findings.error(start, 'TOO_LARGE', `The file is larger than ${options.maxBytes / 1024} KiB`)
  }
  const lines = new LineCounter()
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const tooDeep = (place: Location) =>
    findings.error(place, 'TOO_LARGE', `Values are nested more than ${options.maxDepth} deep`)
  return whileParsing(start, tooDeep, findings, () => {
    const early = first && new EarlyMap(options, at, first.hooks)
    const documents = parseDocuments(text, lines, options, early && (part => early.take(part)))
    const overflow = documents
      .flatMap(({ errors, warnings }) => [...errors, ...warnings])
      .find(({ message }) => STACK_OVERFLOW.test(message))
    if (overflow) return tooDeep(at(overflow.pos[0]))
    if (!report(documents, at, options, findings)) return undefined
    let known: { readonly value: Located | undefined } | undefined
    return {
      documents: documents.map(({ range }) => at(range[0])),
      read(index, hooks) {
        if (index === 0) known ??= early?.finish(documents[0]!, findings)
        if (index === 0 && known) return known.value
        const contents = (documents[index]?.contents ?? null) as Node | null
        if (contents === null) return { kind: 'map', entries: [], at: start }
        const layout = new Layout(options, findings, at, hooks)
        return whileParsing(start, tooDeep, findings, () => layout.value(contents, 0))
      },
    }
  })
}

/** A file of one document. */
export function loadYaml(
  text: string,
  file: string,
  options: YamlOptions,
  findings: YamlFindings,
): Located | undefined {
  return openYaml(text, file, options, findings)?.read(0)
}

/** The parser recurses: thousands of open brackets end its stack before `Layout` sees how deep they are. */
const STACK_OVERFLOW = /stack/i

function whileParsing<T>(
  start: Location,
  tooDeep: (at: Location) => undefined,
  findings: YamlFindings,
  parse: () => T | undefined,
): T | undefined {
  try {
    return parse()
  } catch (cause) {
    const long = cause instanceof TooLongError
    if (STACK_OVERFLOW.test(messageOf(cause)) || (long && cause.deep)) return tooDeep(start)
    if (long) return findings.error(start, 'TOO_LARGE', messageOf(cause))
    return findings.error(start, 'YAML_SYNTAX', `The file could not be read as YAML: ${messageOf(cause)}`)
  }
}

/** Whether all could be parsed. */
function report(
  documents: readonly Document.Parsed[],
  at: (offset: number) => Location,
  options: YamlOptions,
  findings: YamlFindings,
): boolean {
  let fine = true
  const problem = (place: Location, message: string, hint: string) => {
    fine = false
    findings.error(place, 'YAML_UNSUPPORTED', message, { hint })
  }
  for (const { errors, warnings } of documents.slice(0, options.maxDocuments)) {
    for (const error of errors) fine = reportSyntax(error, at(error.pos[0]), findings)
    for (const { pos, message } of warnings.filter(warning => !isTolerated(warning, options))) {
      problem(at(pos[0]), message.split('\n')[0]!, options.tagHint)
    }
  }
  const more = documents[options.maxDocuments]
  if (more) problem(at(more.range[0]), 'There is more than one YAML document', MORE_DOCUMENTS)
  return fine
}

const MORE_DOCUMENTS = "put everything in one document, without a second '---'"

/** Closing brackets that are not indented, which parsers of YAML 1.1 take. */
function isTolerated({ code }: YAMLError, options: YamlOptions): boolean {
  return options.plain !== undefined && code === 'BAD_INDENT'
}

function reportSyntax({ code, message }: YAMLError, at: Location, findings: YamlFindings): false {
  const tab = code === 'TAB_AS_INDENT' ? { hint: 'indent with spaces, not with tabs' } : {}
  findings.error(at, 'YAML_SYNTAX', message.split('\n')[0]!, tab)
  return false
}
