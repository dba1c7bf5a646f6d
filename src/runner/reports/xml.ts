/** Elements within elements: reports need ten. */
const MAX_DEPTH = 200
/** A tag with its attributes: some tools put a whole message into one. */
const MAX_TAG = 4 * 1024 * 1024
const MAX_ATTRIBUTES = 200

export interface XmlElement {
  /** Without a namespace's prefix. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

export interface XmlHandler {
  readonly open: (element: XmlElement) => void
  /** Text in pieces, of elements that are open. */
  readonly text?: (text: string) => void
  readonly close: (name: string) => void
}

/** What is no XML that can be read. */
export class XmlProblem extends Error {}

const SPACE = /\s/
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/**
 * Reads XML as it comes, in memory of one tag. It knows no document type: a DOCTYPE with declarations in it is
 * refused, so there is nothing to expand, and nothing is ever fetched. Ill-formed text throws XmlProblem as soon
 * as it can't be read on; small faults (an unknown entity) are taken literally.
 */
export class XmlReader {
  readonly #handler: XmlHandler
  readonly #open: string[] = []
  #buffer = ''
  /** Inside `<!-- -->`, `<![CDATA[ ]]>` or `<? ?>`: what ends it. */
  #until: { readonly end: string; readonly isText: boolean } | undefined
  #roots = 0

  constructor(handler: XmlHandler) {
    this.#handler = handler
  }

  write(text: string): void {
    this.#buffer += text
    while (this.#buffer !== '' && this.#step()) {}
  }

  end(): void {
    if (this.#buffer.trim() !== '' || this.#until) throw new XmlProblem('it ends in the middle of a tag')
    if (this.#open.length > 0) throw new XmlProblem(`<${this.#open.at(-1)}> is not closed`)
    if (this.#roots === 0) throw new XmlProblem('it has no element')
  }

  /** False when more text is needed. */
  #step(): boolean {
    if (this.#until) return this.#passUntil(this.#until)
    const start = this.#buffer.indexOf('<')
    if (start !== 0) return this.#takeText(start)
    for (const [begin, end, isText] of SPANS) {
      if (this.#buffer.startsWith(begin)) {
        this.#until = { end, isText }
        this.#buffer = this.#buffer.slice(begin.length)
        return true
      }
      if (begin.startsWith(this.#buffer)) return false
    }
    return this.#takeTag()
  }

  #takeText(start: number): boolean {
    // An entity may be cut in two: what may be the beginning of one waits.
    const amp = start < 0 ? this.#buffer.lastIndexOf('&') : -1
    const end = start > 0 ? start : amp >= 0 && this.#buffer.length - amp < 12 ? amp : this.#buffer.length
    if (end === 0) return false
    const text = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end)
    if (this.#open.length > 0) this.#handler.text?.(unescaped(text))
    else if (text.trim().replace('\uFEFF', '') !== '')
      throw new XmlProblem('there is text outside of elements')
    return true
  }

  #passUntil({ end, isText }: { readonly end: string; readonly isText: boolean }): boolean {
    const at = this.#buffer.indexOf(end)
    const upTo = at >= 0 ? at : Math.max(0, this.#buffer.length - end.length + 1)
    if (isText && upTo > 0 && this.#open.length > 0) this.#handler.text?.(this.#buffer.slice(0, upTo))
    this.#buffer = this.#buffer.slice(at >= 0 ? at + end.length : upTo)
    if (at < 0) return false
    this.#until = undefined
    return true
  }

  #takeTag(): boolean {
    const end = tagEnd(this.#buffer)
    if (end < 0) {
      if (this.#buffer.length > MAX_TAG) throw new XmlProblem(`a tag is longer than ${MAX_TAG} characters`)
      return false
    }
    const tag = this.#buffer.slice(1, end)
    this.#buffer = this.#buffer.slice(end + 1)
    if (tag.startsWith('!')) {
      if (!/^!DOCTYPE\s/.test(tag) || tag.includes('['))
        throw new XmlProblem('it declares a document type, which reports have no need of')
    } else if (tag.startsWith('/')) this.#close(localName(tag.slice(1).trim()))
    else this.#element(tag)
    return true
  }

  #element(tag: string): void {
    const isEmpty = tag.endsWith('/')
    const { name, attributes } = elementOf(isEmpty ? tag.slice(0, -1) : tag)
    if (this.#open.length === 0 && this.#roots++ > 0) throw new XmlProblem('it has two outermost elements')
    if (this.#open.length >= MAX_DEPTH)
      throw new XmlProblem(`elements are nested more than ${MAX_DEPTH} deep`)
    this.#open.push(name)
    this.#handler.open({ name, attributes })
    if (isEmpty) this.#close(name)
  }

  #close(name: string): void {
    const open = this.#open.pop()
    if (open !== name) throw new XmlProblem(`expected </${open ?? ''}>, found </${name.slice(0, 80)}>`)
    this.#handler.close(name)
  }
}

const SPANS = [
  ['<!--', '-->', false],
  ['<![CDATA[', ']]>', true],
  ['<?', '?>', false],
] as const

/** The `>` that ends a tag, quotes being passed over. */
function tagEnd(text: string): number {
  let quote = ''
  for (let i = 1; i < text.length; i++) {
    const character = text[i]!
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '>') return i
  }
  return -1
}

function elementOf(tag: string): XmlElement {
  let at = 0
  const passSpace = (): void => {
    while (at < tag.length && SPACE.test(tag[at]!)) at++
  }
  const takeName = (): string => {
    const start = at
    while (at < tag.length && tag[at] !== '=' && !SPACE.test(tag[at]!)) at++
    return tag.slice(start, at)
  }
  const name = localName(takeName())
  const attributes = new Map<string, string>()
  for (passSpace(); at < tag.length; passSpace()) {
    const key = takeName()
    passSpace()
    if (tag[at] !== '=' || key === '') throw new XmlProblem(`an attribute of <${name}> has no value`)
    at++
    passSpace()
    const quote = tag[at]
    const end = quote === '"' || quote === "'" ? tag.indexOf(quote, at + 1) : -1
    if (end < 0) throw new XmlProblem(`an attribute of <${name}> is not quoted`)
    if (attributes.size >= MAX_ATTRIBUTES)
      throw new XmlProblem(`<${name}> has more than ${MAX_ATTRIBUTES} attributes`)
    attributes.set(localName(key), unescaped(tag.slice(at + 1, end)))
    at = end + 1
  }
  return { name, attributes }
}

function localName(name: string): string {
  const local = name.slice(name.indexOf(':') + 1)
  if (local === '' || local.length > 200 || /[<>&'"]/.test(local))
    throw new XmlProblem(`<${name.slice(0, 40)}> is no element`)
  return local
}

/** With the five entities that XML itself has, and numbered characters; others stand as they are. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]{2,4});/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return PREDEFINED.get(entity) ?? whole
    const code = entity[1] === 'x' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
