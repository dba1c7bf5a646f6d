import {
  type CollectionTag,
  Composer,
  type CST,
  type Document,
  isScalar,
  Lexer,
  type LineCounter,
  Parser,
  Scalar,
  type ScalarTag,
} from 'yaml'
import { REFERENCE_TAG } from './layout.ts'
import type { YamlOptions } from './options.ts'
import { Parts } from './parts.ts'

/**
 * The parser's trees, one more than there may be at most. Where there may be several, those with nothing in them
 * do not count: files begin with `---`, a comment, and `---` again. `early` may take entries of a first document that
 * is large, before the rest of it is parsed.
 */
export function parseDocuments(
  text: string,
  lines: LineCounter,
  options: YamlOptions,
  early?: (part: Document.Parsed) => void,
): readonly Document.Parsed[] {
  return withoutStacks(() => {
    const composer = new Composer(parserOptions(options))
    const parts = new Parts(parserOptions(options), options.maxEntryTokens, early)
    const documents: Document.Parsed[] = []
    let empty: Document.Parsed | undefined
    for (const document of composer.compose(
      tokensOf(text, lines, parts, options.maxDepth),
      true,
      text.length,
    )) {
      const whole = parts.joined(document as Document.Parsed)
      if (isEmpty(whole) && options.maxDocuments > 1) empty ??= whole
      else documents.push(whole)
      if (documents.length > options.maxDocuments) break
    }
    return documents.length === 0 && empty ? [empty] : documents
  })
}

/** One entry of the file has more words and signs than `maxEntryTokens`. */
export class TooLongError extends Error {
  /** Because its values are nested in each other. */
  readonly deep: boolean

  constructor(deep: boolean) {
    super('One entry of the file has too many words and signs')
    this.deep = deep
  }
}

function* tokensOf(text: string, lines: LineCounter, parts: Parts, maxDepth: number): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const word of new Lexer().lex(text)) {
    for (const token of parser.next(word)) yield parts.rest(token)
    if (!parts.take(word, parser.stack)) throw new TooLongError(parser.stack.length > maxDepth)
  }
  for (const token of parser.end()) yield parts.rest(token)
}

function isEmpty({ contents, errors }: Document.Parsed): boolean {
  if (errors.length > 0) return false
  return contents === null || (isScalar(contents) && contents.source === '' && contents.type === Scalar.PLAIN)
}

/** The parser keeps an error for each mistake: a file may have 100,000, and their stacks are most of their cost. */
function withoutStacks<T>(parse: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return parse()
  } finally {
    Error.stackTraceLimit = limit
  }
}

function parserOptions(options: YamlOptions) {
  const shared = { prettyErrors: false, uniqueKeys: false, version: '1.2' } as const
  if (!options.plain) return { ...shared, schema: 'core' } as const
  const customTags = [...SCALAR_TAGS, ...(options.references ? [REFERENCE] : [])]
  return { ...shared, schema: 'failsafe', resolveKnownTags: false, customTags: addTo(customTags) } as const
}

/** Where scalars are read by `plain`, so are those that say what they are. */
const SCALAR_TAGS: readonly ScalarTag[] = ['null', 'bool', 'int', 'float'].map(name => ({
  tag: `tag:yaml.org,2002:${name}`,
  default: false,
  resolve: text => text,
}))
const REFERENCE: CollectionTag = { tag: REFERENCE_TAG, collection: 'seq', resolve: list => list }

type Tags = readonly (ScalarTag | CollectionTag)[]
const addTo =
  (more: Tags) =>
  <T>(tags: readonly T[]) => [...tags, ...(more as readonly T[])]
