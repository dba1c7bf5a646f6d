import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { XmlProblem, XmlReader } from './xml.ts'

function read(...pieces: readonly string[]): string[] {
  const events: string[] = []
  const reader = new XmlReader({
    open: ({ name, attributes }) =>
      events.push(`<${name}${[...attributes].map(([key, value]) => ` ${key}=[${value}]`).join('')}>`),
    text: text => {
      if (events.at(-1)?.startsWith("'")) events[events.length - 1] += text
      else events.push(`'${text}`)
    },
    close: name => events.push(`</${name}>`),
  })
  for (const piece of pieces) reader.write(piece)
  reader.end()
  return events
}

const DOCUMENT =
  '\uFEFF<?xml version="1.0"?>\n<!DOCTYPE coverage SYSTEM "http://example.com/a>b.dtd">\n<!-- <a> -- -->' +
  `<ns:a x="1 &lt; 2" y='"&gt;&#65;&#x1F600;&unknown;'>one &amp; two<![CDATA[ <b> ]] & ]]><c d = "e"/></ns:a>\n`

describe('XML', () => {
  test('is read however it is cut', () => {
    const expected = ['<a x=[1 < 2] y=[">A😀&unknown;]>', "'one & two <b> ]] & ", '<c d=[e]>', '</c>', '</a>']
    expect(read(DOCUMENT)).toEqual(expected)
    expect(read(...DOCUMENT)).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(DOCUMENT.length), { maxLength: 6 }), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), DOCUMENT.length]
        const pieces = places.slice(1).map((end, i) => DOCUMENT.slice(places[i], end))
        expect(read(...pieces)).toEqual(expected)
      }),
    )
  })

  test.each([
    ['entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /declares a document type/],
    ['a file as an entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>', /document type/],
    ['an element that is not closed', '<a><b></b>', /<a> is not closed/],
    ['elements that cross', '<a><b></a></b>', /expected <\/b>, found <\/a>/],
    ['a closing tag alone', '</a>', /found <\/a>/],
    ['no element', '  ', /no element/],
    ['text outside', 'tests: 12', /text outside/],
    ['two roots', '<a/><b/>', /two outermost/],
    ['an attribute without quotes', '<a b=c/>', /not quoted/],
    ['an attribute without a value', '<a b/>', /no value/],
    ['an end in a tag', '<a b="', /middle of a tag/],
    ['an end in a comment', '<a/><!-- ', /middle of a tag/],
    ['too deep a nest', '<a>'.repeat(1000), /more than 200 deep/],
    [
      'too many attributes',
      `<a ${Array.from({ length: 300 }, (_, i) => `b${i}="1"`).join(' ')}/>`,
      /200 attributes/,
    ],
    ['a name that is none', '<>', /no element/],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => read(text)).toThrow(XmlProblem)
    expect(() => read(text)).toThrow(message)
  })

  test('with a tag without an end is refused before memory ends', () => {
    const reader = new XmlReader({ open: () => {}, close: () => {} })
    reader.write('<a b="')
    const piece = 'x'.repeat(1024 * 1024)
    expect(() => {
      for (let i = 0; i < 20; i++) reader.write(piece)
    }).toThrow(/longer than/)
  })

  test('that is anything at all is read or refused, never worse', () => {
    const bits = fc.constantFrom(
      '<',
      '>',
      '/',
      '!',
      '[',
      ']',
      '"',
      "'",
      '=',
      '&',
      ';',
      'a',
      ' ',
      '-',
      '?',
      'CDATA[',
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 30 }), pieces => {
        try {
          read(...pieces)
        } catch (error) {
          expect(error).toBeInstanceOf(XmlProblem)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
