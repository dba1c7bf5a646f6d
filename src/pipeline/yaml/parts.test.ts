import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Composer, type CST, Lexer, LineCounter, Parser, stringify } from 'yaml'
import { Parts } from './parts.ts'

const OPTIONS = { prettyErrors: false, uniqueKeys: false } as const

function* wordsOf(text: string, parts: Parts): Generator<CST.Token> {
  const parser = new Parser(new LineCounter().addNewLine)
  for (const word of new Lexer().lex(text)) {
    for (const token of parser.next(word)) yield parts.rest(token)
    parts.take(word, parser.stack)
  }
  for (const token of parser.end()) yield parts.rest(token)
}

/** Trees and what is wrong with them: in parts of `tokens` words, or whole. */
function treesOf(text: string, tokens: number) {
  const parts = new Parts(OPTIONS, 1e9, undefined, tokens)
  const documents = [...new Composer(OPTIONS).compose(wordsOf(text, parts), true, text.length)]
  return documents.map(document => {
    const { contents, errors, warnings, range } = parts.joined(document as never)
    const told = [...errors, ...warnings].map(({ pos, code, message }) => `${pos} ${code} ${message}`)
    return { contents: JSON.parse(JSON.stringify(shapeOf(contents))), told, range }
  })
}

/** What is read of a tree. */
function shapeOf(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  const { items, key, value, source, anchor, tag, type, range } = node as Record<string, unknown>
  if (Array.isArray(items)) return { items: items.map(shapeOf), anchor, tag, start: (range as number[])[0] }
  if ('key' in node) return { key: shapeOf(key), value: shapeOf(value) }
  return { value, source, anchor, tag, type, range }
}

const entries = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('a tree that is made in parts is the same tree', () => {
  test.each([
    ['entries', entries(50, i => `k${i}: {a: [x, y], b: "${i}"}`)],
    [
      'blocks with comments between',
      entries(50, i => `# about ${i}\nk${i}:\n  - a\n  # in it\n  - b: |\n      x\n\n# after`),
    ],
    ['lists that are not indented', entries(50, i => `k${i}:\n- a\n- b\n# c\n- d`)],
    ['anchors and aliases', entries(50, i => `k${i}: &a${i} [x, *a${Math.max(0, i - 1)}]`)],
    ['a root with an anchor and a tag', `--- &root !!map\n${entries(50, i => `k${i}: x`)}`],
    ['documents', `${entries(50, i => `a${i}: x`)}\n---\n${entries(50, i => `b${i}: y`)}\n...\n# end`],
    ['directives', `%YAML 1.2\n%TAG ! tag:x,1:\n---\n${entries(50, i => `k${i}: !t x`)}`],
    ['keys with question marks', entries(50, i => `? k${i}\n: v${i}`)],
    ['keys without values', entries(50, i => `k${i}:`)],
    ['mistakes', entries(50, i => (i % 7 === 3 ? `k${i}: a: b` : i % 7 === 5 ? ` k${i}: x` : `k${i}: [x`))],
    ['tabs', entries(50, i => `k${i}:\n\t- x`)],
    ['a list', entries(50, i => `- x${i}`)],
    ['a map in brackets', `{${entries(50, i => `k${i}: x,`)}}`],
    ['a map that begins further right', entries(50, i => `  k${i}: x`)],
  ])('%s', (_, text) => {
    expect(treesOf(text, 20)).toEqual(treesOf(text, 1e9))
  })

  test('whatever is written', () => {
    const value = fc.letrec(tie => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('any'), { maxLength: 4 }),
      map: fc.dictionary(fc.string(), tie('any'), { maxKeys: 4, noNullPrototype: true }),
    })).any
    const map = fc.dictionary(fc.string({ minLength: 1 }), value, {
      minKeys: 5,
      maxKeys: 20,
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(map, fc.integer({ min: 1, max: 30 }), (written, tokens) => {
        const text = stringify(written)
        expect(treesOf(text, tokens)).toEqual(treesOf(text, 1e9))
      }),
    )
  })

  test('scraps', () => {
    const scraps = fc.constantFrom(
      'k: ',
      'x',
      '\n',
      '\n  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '&a ',
      '*a',
      '# c',
      '|\n',
      '"',
      '---\n',
      '? ',
      '!t ',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 60 }), parts => {
        const text = parts.join('')
        expect(treesOf(text, 3)).toEqual(treesOf(text, 1e9))
      }),
      { numRuns: 500 },
    )
  })
})
