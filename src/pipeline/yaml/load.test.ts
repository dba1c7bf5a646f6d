import { describe, expect, test } from 'vitest'
import { countTokens } from './count.ts'
import { loadYaml, openYaml } from './load.ts'
import type { Located } from './located.ts'
import type { YamlFindings, YamlOptions } from './options.ts'

const OPTIONS: YamlOptions = {
  maxBytes: 10_000,
  maxDepth: 20,
  maxValues: 500,
  maxEntryTokens: 2000,
  tagHint: 'no tags',
  plain: text => ({ value: text === '' ? null : text }),
  merge: true,
  duplicates: 'last',
  references: true,
  maxDocuments: 2,
}

function told(): YamlFindings & { readonly all: string[] } {
  const all: string[] = []
  const tell =
    (severity: string) =>
    (at: { line: number; column: number }, code: string, message: string): undefined => {
      all.push(`${at.line}:${at.column}: ${severity}: ${code} ${message}`)
    }
  return { all, error: tell('error'), warn: tell('warning') }
}

function read(text: string, options: Partial<YamlOptions> = {}) {
  const findings = told()
  const value = loadYaml(text, 'f.yml', { ...OPTIONS, ...options }, findings)
  return { value: value && plain(value), problems: findings.all }
}

/** Maps as lists of pairs: their order counts. */
function plain(node: Located): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'map':
      return node.entries.map(({ key, value }) => [key, plain(value)])
    case 'reference':
      return { reference: node.path }
  }
}

describe('merge keys', () => {
  test.each([
    [
      'keys after it win',
      'b: &b { x: 1, y: 2 }\nm: { <<: *b, y: 3 }',
      [
        ['x', '1'],
        ['y', '3'],
      ],
    ],
    [
      'it wins over keys before it',
      'b: &b { x: 1, y: 2 }\nm: { y: 3, <<: *b }',
      [
        ['y', '2'],
        ['x', '1'],
      ],
    ],
    [
      'of a list, the first map wins',
      'b: &b { x: 1 }\nc: &c { x: 2, z: 3 }\nm: { <<: [*b, *c] }',
      [
        ['x', '1'],
        ['z', '3'],
      ],
    ],
    ['of two, the later wins', 'b: &b { x: 1 }\nc: &c { x: 2 }\nm: { <<: *b, <<: *c }', [['x', '2']]],
    [
      'maps are not merged at depth',
      'b: &b { v: { x: 1 } }\nm: { <<: *b, v: { y: 2 } }',
      [['v', [['y', '2']]]],
    ],
    [
      'a map in place',
      'm: { <<: { a: 1 }, b: 2 }',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
  ])('%s', (_, text, merged) => {
    const { value, problems } = read(text)
    expect(problems).toEqual([])
    expect((value as [string, unknown][]).at(-1)).toEqual(['m', merged])
  })

  test.each(['m: { <<: text }', 'b: &b [1]\nm: { <<: *b }', 'm: { <<: }'])('of %j are a finding', text => {
    expect(read(text).problems.join()).toContain("YAML_UNSUPPORTED '<<' merges a map, or a list of maps")
  })

  test('in quotes it is a key', () => {
    expect(read('"<<": x').value).toEqual([['<<', 'x']])
  })
})

describe('keys, anchors and tags', () => {
  test('of two equal keys the last counts, at the place of the first, with a warning; anchors of both live', () => {
    const { value, problems } = read('v: &a { x: 1 }\nw: y\nv: &b { z: 2 }\nuse: [*a, *b]')
    expect(value).toEqual([
      ['v', [['z', '2']]],
      ['w', 'y'],
      ['use', [[['x', '1']], [['z', '2']]]],
    ])
    expect(problems).toEqual(["3:1: warning: DUPLICATE_KEY The key 'v' is there twice: this one counts"])
  })

  test('an anchor that comes again is the later one from then on', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x').value).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
      ['d', '2'],
    ])
  })

  test('references are lists of names with a tag', () => {
    expect(read('a: !reference [.b, script, 0]').value).toEqual([['a', { reference: ['.b', 'script', '0'] }]])
  })

  test('without the option, a reference is a tag that is not known', () => {
    const { problems } = read('a: !reference [b]', { references: false })
    expect(problems).toEqual(['1:4: error: YAML_UNSUPPORTED Unresolved tag: !reference'])
  })

  test('quotes, blocks and !!str make text; !!int and others are read as if they were plain', () => {
    const options = { plain: (text: string) => ({ value: text === '1' ? 1 : text }) }
    expect(read('- 1\n- "1"\n- !!str 1\n- ! 1\n- !!int "1"\n- |-\n  1\n', options).value).toEqual([
      1,
      '1',
      '1',
      '1',
      1,
      '1',
    ])
  })

  test.each(['a: !!binary eA==', 'a: !!set { x }', 'a: !ruby/object:Foo {}', '%FOO\n---\na: 1'])(
    '%j is a finding',
    text => {
      expect(read(text).problems).not.toEqual([])
      expect(read(text).value).toBeUndefined()
    },
  )

  test('brackets may close at the margin', () => {
    expect(read('a: [\n  b\n]\nc: {\n d: e\n}').value).toEqual([
      ['a', ['b']],
      ['c', [['d', 'e']]],
    ])
  })
})

test('documents are read one by one, each with its own anchors', () => {
  const findings = told()
  const stream = openYaml('a: &x 1\n---\nb: *x\n', 'f.yml', OPTIONS, findings)
  expect(stream?.documents).toHaveLength(2)
  expect(plain(stream!.read(0)!)).toEqual([['a', '1']])
  expect(stream?.read(1)).toBeUndefined()
  expect(findings.all).toEqual(["3:4: error: YAML_SYNTAX There is no anchor 'x' before this"])
})

test('more documents than may be are a finding', () => {
  expect(read('a: 1\n---\nb: 1\n---\nc: 1\n').problems).toEqual([
    '4:1: error: YAML_UNSUPPORTED There is more than one YAML document',
  ])
})

test('hooks see every text and key, and may put a list in place of a text', () => {
  const seen: string[] = []
  const stream = openYaml('k1: v\n"k2": "w"\n', 'f.yml', OPTIONS, told())
  const value = stream?.read(0, {
    key: text => `${text}!`,
    scalar(text, isPlain, at) {
      seen.push(`${text} ${isPlain}`)
      return text === 'v' ? { kind: 'list', items: [], at } : undefined
    },
  })
  expect(seen).toEqual(['v true', 'w false'])
  expect(plain(value!)).toEqual([
    ['k1!', []],
    ['k2!', 'w'],
  ])
})

test('tokens are counted up to a limit, and brackets are not nested deeper than one', () => {
  expect(countTokens('a: [b, c]\n', 100, 10)).toBeGreaterThan(8)
  expect(countTokens('- a\n'.repeat(1000), 100, 10)).toBe('many')
  expect(countTokens(`a: ${'['.repeat(11)}`, 100, 10)).toBe('deep')
  expect(countTokens('[],'.repeat(20), 1000, 10)).toBeTypeOf('number')
})

describe('a large first document is laid out while it is parsed', () => {
  const HOOKS = { scalar: () => undefined, key: (text: string) => text }
  const LARGE = { ...OPTIONS, maxBytes: 1e6, maxValues: 1e5, maxEntryTokens: 1e5 }
  const entries = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n')
  const readBoth = (text: string, options = LARGE) =>
    [undefined, { hooks: HOOKS }].map(first => {
      const findings = told()
      const stream = openYaml(text, 'f.yml', options, findings, first)
      const values = stream?.documents.map((_, index) => stream.read(index, HOOKS))
      return { values, problems: findings.all }
    })

  test.each([
    ['entries', entries(2000, i => `k${i}: {a: [x, y], b: "${i}"}`)],
    [
      'anchors and merge keys',
      entries(2000, i => `k${i}: &a${i}\n  <<: *a${Math.max(0, i - 1)}\n  x${i % 3}: y`),
    ],
    ['equal keys', entries(1800, i => `k${i % 1500}: x${i}`)],
    ['a flood of equal keys before a mistake', `${entries(3000, i => `k${i % 1500}: x`)}\nz: !t x`],
    ['mistakes of values', entries(2000, i => `k${i}: ${i % 300 === 7 ? '!t x' : 'x'}`)],
    ['mistakes of keys', `${entries(2000, i => `k${i}: x`)}\n? [a]\n: b`],
    ['a mistake of syntax in the end', `${entries(1800, i => `k${i % 1500}: x`)}\na: b: c`],
    ['an alias of the whole', `--- &all\n${entries(2000, i => `k${i}: x`)}\nagain: *all`],
    ['two documents', `${entries(2000, i => `k${i}: x`)}\n---\n${entries(2000, i => `l${i}: x`)}`],
    ['nothing before it', `---\n# c\n---\n${entries(2000, i => `k${i}: x`)}`],
  ])('%s: no other values, no other findings', (_, text) => {
    const [whole, early] = readBoth(text)
    expect(early!.values).toEqual(whole!.values)
    expect(early!.problems.toSorted()).toEqual(whole!.problems.toSorted())
  })

  test('its entries are read before the last of it is parsed', () => {
    const order: string[] = []
    const hooks = {
      scalar: () => undefined,
      key(text: string) {
        order.push(text)
        return text
      },
    }
    const stream = openYaml(
      entries(3000, i => `k${i}: x`),
      'f.yml',
      LARGE,
      told(),
      { hooks },
    )
    expect(order.length).toBeGreaterThan(1500)
    expect(order.length).toBeLessThan(3000)
    stream?.read(0)
    expect(order).toHaveLength(3000)
  })

  test('too many values end it', () => {
    const [whole, early] = readBoth(
      entries(2000, i => `k${i}: x`),
      { ...LARGE, maxValues: 1500 },
    )
    expect(early).toEqual(whole)
    expect(early!.problems.join()).toContain('more than 1500 values')
  })
})

test('an entry that the parser would have to hold at once is too long', () => {
  const long = `a: [${'x, '.repeat(3000)}]`
  expect(read(long, { maxBytes: 1e5, maxValues: 1e5 }).problems).toEqual([
    '1:1: error: TOO_LARGE One entry of the file has too many words and signs',
  ])
  expect(read(long, { maxBytes: 1e5, maxValues: 1e5, maxEntryTokens: 20_000 }).problems).toEqual([])
})

test('aliases of one map share it, and still count', () => {
  const text = `a: &a {x: [1, 2]}\nb: *a\nc: *a\nd: {e: *a}`
  const findings = told()
  const map = loadYaml(text, 'f.yml', OPTIONS, findings)
  const values = map?.kind === 'map' ? map.entries.map(({ value }) => value) : []
  expect(values[1]).toBe(values[2])
  expect(read(text, { maxValues: 20 }).problems.join()).toContain('more than 20 values')
  expect(read(text, { maxDepth: 3 }).problems.join()).toContain('nested more than 3 deep')
})
