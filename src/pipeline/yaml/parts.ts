import { Composer, type CST, type Document, isMap, visit } from 'yaml'

/** Words and signs, and characters of them, after which the entries that are done are made into trees. */
const PART_TOKENS = 4000
const PART_CHARACTERS = 100_000
/** What follows an entry, a comment say, may still belong to it. */
const OPEN_ENTRIES = 2

type Options = NonNullable<ConstructorParameters<typeof Composer>[0]>

/**
 * Makes the tree of a large document part by part, while it is parsed: the parser's words take ten times the memory
 * of their tree. Parts are entries of the map that is the document.
 */
export class Parts {
  readonly #options: Options
  readonly #maxTokens: number
  readonly #early: ((part: Document.Parsed) => void) | undefined
  readonly #partTokens: number
  readonly #directives: CST.Token[] = []
  readonly #ended: (Document.Parsed[] | undefined)[] = []
  #open: Document.Parsed[] = []
  #documents = 0
  #tokens = 0
  #characters = 0

  /** `maxTokens`: of one entry. `early` may take the entries of the parts of the first document. */
  constructor(
    options: Options,
    maxTokens: number,
    early?: (part: Document.Parsed) => void,
    partTokens = PART_TOKENS,
  ) {
    this.#early = early
    this.#options = options
    this.#maxTokens = maxTokens
    this.#partTokens = partTokens
  }

  /**
   * To be told of each word that the parser has taken: takes the entries that are done from it. False: one entry alone
   * has too many words.
   */
  take(word: string, [document, map]: readonly CST.Token[]): boolean {
    this.#characters += word.length
    if (++this.#tokens < this.#partTokens && this.#characters < PART_CHARACTERS) return true
    if (document?.type !== 'document' || map?.type !== 'block-map' || map.items.length <= OPEN_ENTRIES)
      return this.#tokens <= this.#maxTokens
    const items = map.items.splice(0, map.items.length - OPEN_ENTRIES)
    const start = this.#open.length === 0 ? document.start : document.start.filter(isMark)
    const part = this.#compose({ ...document, start, value: { ...map, items } })
    if (this.#characters > LONG_WORDS * this.#tokens) flatten(part)
    if (this.#documents === 0) this.#early?.(part)
    this.#open.push(part)
    map.offset = part.range[1]
    this.#tokens = 0
    this.#characters = 0
    return true
  }

  /** To be told of each token that the parser gives. What is left of a document that has parts. */
  rest(token: CST.Token): CST.Token {
    if (token.type === 'directive') this.#directives.push(token)
    if (token.type !== 'document') return token
    const inParts = this.#open.length > 0
    this.#documents++
    this.#ended.push(this.#open)
    this.#open = []
    this.#directives.length = 0
    return inParts ? { ...token, start: token.start.filter(isMark) } : token
  }

  /** The next document, with the parts that came before. */
  joined(document: Document.Parsed): Document.Parsed {
    const parts = this.#ended.shift() ?? []
    const [first, ...others] = [...parts, document]
    if (first === document || !first) return document
    document.errors.unshift(...parts.flatMap(({ errors }) => errors))
    document.warnings.unshift(...parts.flatMap(({ warnings }) => warnings))
    const { contents } = first
    if (isMap(contents)) {
      for (const other of others) {
        if (isMap(other.contents)) contents.items.push(...other.contents.items)
      }
      document.contents = contents
    }
    return document
  }

  #compose(document: CST.Document): Document.Parsed {
    const composer = new Composer(this.#options)
    for (const token of [...this.#directives, document]) [...composer.next(token)]
    const [part] = composer.end()
    return part as Document.Parsed
  }
}

/** Characters of a word where most are. */
const LONG_WORDS = 4
/** Matches nothing, and looks at the whole text. */
const NOTHING = /\uFFFF$/

/** The parser joins quoted texts letter by letter, and a text takes 30 bytes a letter until somebody looks at it. */
function flatten(document: Document.Parsed): void {
  visit(document, { Scalar: (_, { value }) => void (typeof value === 'string' && NOTHING.test(value)) })
}

/** What is no anchor and no tag: those are of the first part. */
function isMark({ type }: CST.SourceToken): boolean {
  return type !== 'anchor' && type !== 'tag'
}
