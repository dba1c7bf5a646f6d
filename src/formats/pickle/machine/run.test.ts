import { describe, expect, test } from 'vitest'
import { type ByteSource, CoreError, sourceOf } from '../../../core/index.ts'
import type { PickleNode } from '../types.ts'
import { type PickleOptions, runAll, runPickle } from './run.ts'

const bytesOf = (latin: string): Buffer => Buffer.from(latin, 'latin1')
const run = (latin: string, options?: PickleOptions) => runPickle(sourceOf(bytesOf(latin), 'x.pkl'), options)
const rootOf = async (latin: string): Promise<PickleNode | undefined> => {
  const { root, fault } = await run(latin)
  expect(fault).toBeUndefined()
  return root
}
const text = (value: string): PickleNode => ({ kind: 'text', value })
const int = (value: bigint): PickleNode => ({ kind: 'int', value })

describe('values', () => {
  test.each<[string, string, PickleNode]>([
    ['None', 'N.', { kind: 'none' }],
    ['a boolean of protocol 0', 'I01\n.', { kind: 'bool', value: true }],
    ['a one that is no boolean', 'I1\n.', int(1n)],
    ['an octal int', 'I010\n.', int(8n)],
    ['a hexadecimal int', 'L-0x1F\n.', int(-31n)],
    ['a long with its L', 'L123456789012345678901234567890L\n.', int(123456789012345678901234567890n)],
    ['an int cut at a NUL, as C does', 'I12\0\n.', int(12n)],
    ['a negative BININT', 'J\xff\xff\xff\xff.', int(-1n)],
    ['a LONG1 without bytes', '\x8a\0.', int(0n)],
    ['a LONG1 of nine bytes', '\x8a\x09\0\0\0\0\0\0\0\0\x80.', int(-(2n ** 71n))],
    ['a LONG4', '\x8b\x02\0\0\0\xff\0.', int(255n)],
    ['a text float', 'F-.5e3\n.', { kind: 'float', value: -500 }],
    ['an infinity', 'F-inf\n.', { kind: 'float', value: Number.NEGATIVE_INFINITY }],
    ['a BINFLOAT', 'G\x3f\xf8\0\0\0\0\0\0.', { kind: 'float', value: 1.5 }],
    ['a quoted string with escapes', "S'a\\x41\\102\\n\\q'\n.", text('aAB\n\\q')],
    ['a text with escapes', 'Va\\u20ac\\U0001f600\\\\u0041\xe9\n.', text('a€😀\\\\u0041é')],
    ['a short text', '\x8c\x02\xc3\xa9.', text('é')],
    ['a lone surrogate', 'X\x03\0\0\0\xed\xa0\x80.', text('\ud800')],
    ['a long text', '\x8d\x01\0\0\0\0\0\0\0a.', text('a')],
    ["Python 2's str", 'U\x02os.', text('os')],
    ['a tuple', '(NI1\nt.', { kind: 'tuple', items: [{ kind: 'none' }, int(1n)] }],
    ['a list that grows', ']Na(I1\ne.', { kind: 'list', items: [{ kind: 'none' }, int(1n)] }],
    ['a dictionary', '}(I1\nNu.', { kind: 'dict', entries: [[int(1n), { kind: 'none' }]] }],
    ['a set', '\x8f(N\x90.', { kind: 'set', frozen: false, items: [{ kind: 'none' }] }],
    ['a frozen set', '(N\x91.', { kind: 'set', frozen: true, items: [{ kind: 'none' }] }],
  ])('%s', async (_, pickle, node) => {
    expect(await rootOf(pickle)).toEqual(node)
  })

  test('MEMOIZE takes the count of keys, whatever the keys are', async () => {
    // 7 -> None, then MEMOIZE puts 5 under 1.
    expect(await rootOf('Np7\n0I5\n\x940g1\n.')).toEqual(int(5n))
  })

  test('POP takes a mark that has nothing above it', async () => {
    expect(await rootOf('N(0.')).toEqual({ kind: 'none' })
  })

  test('byte strings stay in the file and are read when asked', async () => {
    const root = await rootOf('\x96\x03\0\0\0\0\0\0\0abc.')
    expect(root).toMatchObject({ kind: 'bytes', mutable: true, offset: 9, length: 3 })
    if (root?.kind === 'bytes') expect(await root.read()).toEqual(bytesOf('abc'))
  })

  test('what is shared is one node, and a list may hold itself', async () => {
    const root = await rootOf(']\x94h\0a.')
    expect(root?.kind === 'list' && root.items[0]).toBe(root)
  })
})

describe('what would be imported and called', () => {
  test.each<[string, string, string[], object[]]>([
    ['GLOBAL and REDUCE', "cos\nsystem\n(S'id'\ntR.", ['os system'], [{ via: 'REDUCE' }]],
    [
      'STACK_GLOBAL',
      '\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.',
      ['os system'],
      [{ via: 'REDUCE' }],
    ],
    ['STACK_GLOBAL from the memo', '\x8c\x06system\x940\x8c\x02osh\0\x93)R.', ['os system'], [{}]],
    ['INST', "(S'id'\nios\nsystem\n.", ['os system'], [{ via: 'INST' }]],
    ['OBJ', "(cos\nsystem\nS'id'\no.", ['os system'], [{ via: 'OBJ' }]],
    ['NEWOBJ', 'cbuiltins\nlist\n)\x81.', ['builtins list'], [{ via: 'NEWOBJ' }]],
    ['NEWOBJ_EX', 'cbuiltins\nlist\n)}\x92.', ['builtins list'], [{ via: 'NEWOBJ_EX' }]],
    ['a global that is thrown away', 'cos\nsystem\n0N.', ['os system'], []],
    ['a carriage return in a name', 'cos\r\nsystem\r\n.', ['os\r system\r'], []],
    ['a name that leads to an attribute', '\x80\x04cos\npath.join\n.', ['os path.join'], []],
    ['a call of a result', 'cos\na\n)R)R.', ['os a'], [{}, { callee: { kind: 'call' } }]],
  ])('%s', async (_, pickle, globals, calls) => {
    const { fault, ...seen } = await run(pickle)
    expect(fault).toBeUndefined()
    expect(seen.globals.map(({ module, name }) => `${module} ${name}`)).toEqual(globals)
    expect(seen.calls).toMatchObject(calls)
    expect(seen.calls.length).toBe(calls.length)
  })

  test('a name that is computed is told as such, with what computes it', async () => {
    const { globals } = await run('\x8c\x02os\x8c\x01xcbuiltins\nstr\n)R\x93.')
    expect(globals[1]).toMatchObject({
      module: '',
      name: '',
      computed: { module: text('x'), name: { kind: 'call', via: 'REDUCE' } },
    })
  })

  test('arguments, states, items and entries are kept with the call', async () => {
    const { calls } = await run('cc\nC\n)\x81I1\na(I2\nI3\ne\x8c\x01kI4\ns}\x8c\x01aI5\nsbNb.')
    expect(calls).toMatchObject([
      {
        args: { kind: 'tuple', items: [] },
        items: [int(1n), int(2n), int(3n)],
        entries: [[text('k'), int(4n)]],
        states: [{ kind: 'dict', entries: [[text('a'), int(5n)]] }, { kind: 'none' }],
      },
    ])
  })

  test.each([
    ['BUILD on a class', 'cos\nX\n}b.', 'BUILD', 'global'],
    ['APPEND to what a module holds', "csys\npath\nS'/tmp'\na.", 'APPENDS', 'global'],
    ['SETITEM of what a module holds', "csys\nmodules\nS'os'\nNs.", 'SETITEMS', 'global'],
    ['ADDITEMS on a persistent object', 'Pid\n(N\x90.', 'ADDITEMS', 'persistent'],
    ['SETITEM of a list', ']NNs.', 'SETITEMS', 'list'],
  ])('%s is a mutation', async (_, pickle, via, kind) => {
    expect((await run(pickle)).mutations).toMatchObject([{ via, target: { kind } }])
  })

  test.each([
    ["Python 2's module", 'c__builtin__\neval\n.', { module: 'builtins', name: 'eval' }],
    ["Python 2's name", 'citertools\nizip\n.', { module: 'builtins', name: 'zip' }],
    ['a name of both', 'ccollections\nOrderedDict\n.', undefined],
    ['protocol 3 and above', '\x80\x03c__builtin__\neval\n.', undefined],
  ])('%s', async (_, pickle, renamed) => {
    expect((await run(pickle)).globals[0]?.renamed).toEqual(renamed)
  })

  test('persistent ids, extensions and buffers', async () => {
    const seen = await run('Pone\n0(N\x85Q0\x82\x07\x97\x98.')
    expect(seen.persistent).toMatchObject([{ id: text('one') }, { id: { kind: 'tuple' } }])
    expect(seen.extensions).toMatchObject([{ code: 7 }])
    expect(seen.root).toMatchObject({ kind: 'buffer' })
  })

  test('the protocol in force goes with each global', async () => {
    const { globals } = await run('ca\nb\n\x80\x04ca\nb\n\x80\x02ca\nb\n.')
    expect(globals.map(({ protocol }) => protocol)).toEqual([0, 4, 2])
  })

  test('a trace tells the opcodes before a place, the last one first', async () => {
    const { calls, traceBefore } = await run("cos\nsystem\n(S'id'\ntR.")
    expect(traceBefore(calls[0]!.offset)).toEqual([
      'REDUCE at 19',
      'TUPLE at 18',
      'STRING at 12',
      'MARK at 11',
      'GLOBAL at 0',
    ])
  })
})

describe('payloads', () => {
  const content = 'cos\nsystem\n(Vid\ntR.'
  test.each([
    ['bytes', `C\x13${content}.`, 'bytes'],
    ['a bytearray', `\x96\x13\0\0\0\0\0\0\0${content}.`, 'bytes'],
    ['a text', `\x8c\x13${content}.`, 'text'],
    ['a quoted string', `S'${content.replaceAll('\n', '\\n')}'\n.`, 'text'],
    ['a text line', `V${content.replaceAll('\n', '\\u000a')}\n.`, 'text'],
    ["Python 2's str", `U\x14\xff${content}.`, 'bytes'],
  ])('in %s', async (_, pickle, kind) => {
    const { payloads } = await run(pickle)
    expect(payloads).toMatchObject([{ kind }])
    expect(Buffer.from(await payloads[0]!.read()).toString('latin1')).toContain(content)
    expect(Buffer.from(await payloads[0]!.peek(3)).toString('latin1')).toMatch(/^ÿ?co/)
  })

  test('a long text is held by its beginning, and read whole when asked', async () => {
    const long = 'abcdefgh'.repeat(20_000)
    const { root, payloads } = await run(`V${long}\n.`)
    expect(root).toMatchObject({ kind: 'text', value: long.slice(0, 1024), whole: { length: long.length } })
    expect((await payloads[0]!.read()).length).toBe(long.length)
  })
})

describe('faults tell what came before them', () => {
  test.each<[string, string, string, RegExp]>([
    ['an empty file', '', 'FORMAT_TRUNCATED', /byte 0: pickle: 1 byte is needed, and the file ends at 0/],
    ['no opcode', 'N\xff', 'FORMAT_MALFORMED', /byte 1: pickle: no opcode is 0xff/],
    ['an opcode of no pickle', 'N?', 'FORMAT_MALFORMED', /0x3f \('\?'\)/],
    ['protocol 6', '\x80\x06N.', 'FORMAT_UNSUPPORTED', /protocol 6; the highest known is 5/],
    ['an empty stack', '.', 'FORMAT_MALFORMED', /the stack is empty/],
    ['no MARK', 't.', 'FORMAT_MALFORMED', /no MARK/],
    ['a MARK in the way', 'N(.', 'FORMAT_MALFORMED', /a MARK is where an object should be/],
    ['an unknown key', 'h\x05.', 'FORMAT_MALFORMED', /nothing under 5/],
    ['a negative key', 'Np-1\n.', 'FORMAT_MALFORMED', /negative/],
    ['a key without a value', '}(Nu.', 'FORMAT_MALFORMED', /a key without a value/],
    ['an int of letters', 'Iabc\n.', 'FORMAT_MALFORMED', /'abc' is no int/],
    [
      'an int of too many digits',
      `L${'9'.repeat(5001)}\n.`,
      'FORMAT_LIMIT',
      /5001 characters; the limit is 5000/,
    ],
    [
      'an int of too many bytes',
      `\x8b\0\0\x10\0${'\x7f'.repeat(2 ** 20)}.`,
      'FORMAT_LIMIT',
      /int of 1048576 bytes/,
    ],
    ['an int of fewer than no bytes', '\x8b\xff\xff\xff\xff.', 'FORMAT_MALFORMED', /-1 bytes/],
    ['a float beyond range', 'F1e999\n.', 'FORMAT_MALFORMED', /no float/],
    ['a string without quotes', 'Sabc\n.', 'FORMAT_MALFORMED', /not in quotes/],
    ['a broken escape', "S'\\x4'\n.", 'FORMAT_MALFORMED', /broken escape/],
    ['a text that is not UTF-8', '\x8c\x01\xff.', 'FORMAT_MALFORMED', /not UTF-8/],
    ['a line without end', `V${'x'.repeat(100)}`, 'FORMAT_TRUNCATED', /ends within a line/],
    ['a name without end', `c${'x'.repeat(20_000)}\ny\n.`, 'FORMAT_LIMIT', /name of 20000 bytes/],
    ['bytes beyond the file', 'B\xff\xff\xff\xffabc', 'FORMAT_TRUNCATED', /4294967295 bytes are needed/],
    [
      'bytes beyond any file',
      '\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc',
      'FORMAT_TRUNCATED',
      /18446744073709551615/,
    ],
    ['a frame beyond the file', '\x95\xff\0\0\0\0\0\0\0N.', 'FORMAT_TRUNCATED', /255 bytes are needed/],
    ['an extension of no number', '\x84\0\0\0\0.', 'FORMAT_MALFORMED', /not above 0/],
  ])('%s', async (_, pickle, code, message) => {
    const { fault, root } = await run(pickle)
    expect(fault).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.any(String) })
    expect(root).toBeUndefined()
  })

  test('what was imported and called before a fault is there', async () => {
    const { fault, globals, calls } = await run("cos\nsystem\n(S'id'\ntR\xff")
    expect(fault).toMatchObject({ code: 'FORMAT_MALFORMED' })
    expect([globals.length, calls.length]).toEqual([1, 1])
  })

  test.each([
    ['an INST without its MARK', 'ievil\nX\n.'],
    ['an empty name', 'cevil\n\n.'],
  ])(
    "%s is a fault, and its module is seen: Python's own unpickler has imported it by then",
    async (_, pickle) => {
      const { fault, globals } = await run(pickle)
      expect(fault).toMatchObject({ code: 'FORMAT_MALFORMED' })
      expect(globals).toMatchObject([{ module: 'evil' }])
    },
  )

  test('every truncation is one, and none throws', async () => {
    const whole =
      "\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x93(S'id'\ntRVabc\nG\0\0\0\0\0\0\0\0\x86."
    for (let length = 0; length < whole.length - 1; length++)
      expect((await run(whole.slice(0, length))).fault).toMatchObject({ code: 'FORMAT_TRUNCATED' })
  })

  test("a source's own errors are thrown", async () => {
    const broken: ByteSource = {
      name: 'broken',
      size: 100,
      read: async () => {
        throw new CoreError('RANGE_OUT_OF_BOUNDS', { message: 'gone' })
      },
      close: async () => {},
    }
    await expect(runPickle(broken)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  })
})

describe('limits', () => {
  test('deep nesting costs no recursion', async () => {
    const { root, fault } = await run(`${'('.repeat(500_000)}${'t'.repeat(500_000)}.`)
    expect(fault).toBeUndefined()
    expect(root?.kind).toBe('tuple')
  })

  test('marks without end are stopped', async () => {
    expect((await run('('.repeat(1_000_001))).fault).toMatchObject({ code: 'FORMAT_LIMIT' })
  })

  test('doubling by the memo makes no copies', async () => {
    // Each round puts the last list twice into a new one: 2^1000 leaves, and a few nodes.
    let pickle = ']\x94'
    for (let i = 0; i < 200; i++) pickle += `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}e\x94`
    expect((await run(`${pickle}.`)).fault).toBeUndefined()
  })

  test('objects that take more memory than is meant for them are stopped', async () => {
    const { fault } = await run(']'.repeat(20_000), { memory: 1_000_000 })
    expect(fault).toMatchObject({
      code: 'FORMAT_LIMIT',
      message: expect.stringMatching(/more than 1000000 bytes/),
    })
  })

  test('what is shared through the memo counts where it is put', async () => {
    const { fault } = await run(`]\x94${'h\0'.repeat(200_000)}l`, { memory: 1_000_000 })
    expect(fault).toMatchObject({ code: 'FORMAT_MALFORMED' })
    const listed = await run(`N\x94(${'h\0'.repeat(200_000)}l.`, { memory: 1_000_000 })
    expect(listed.fault).toMatchObject({ code: 'FORMAT_LIMIT' })
  })
})

describe('several pickles in one file', () => {
  test('are run one after another, to the end or to a fault', async () => {
    const source = sourceOf(bytesOf('I1\n.I2\n.N.'), 'x.pkl')
    expect((await runAll(source)).map(({ end }) => end)).toEqual([4, 8, 10])
    expect((await runAll(source, { most: 2 })).length).toBe(2)
    const broken = await runAll(sourceOf(bytesOf('N.cos\nsystem\n?'), 'x.pkl'))
    expect(broken.map(({ fault }) => fault?.code)).toEqual([undefined, 'FORMAT_MALFORMED'])
    expect(broken[1]?.globals).toMatchObject([{ module: 'os' }])
  })

  test('the end tells where other data begins, and a run may start there', async () => {
    const source = sourceOf(bytesOf('N.zest'), 'x.pkl')
    const { end } = await runPickle(source)
    expect(end).toBe(2)
    expect((await runPickle(source, { start: end })).fault).toMatchObject({ code: 'FORMAT_MALFORMED' })
  })
})

test('frames that arguments reach over make a pickle ambiguous', async () => {
  const frame = '\x80\x04\x95\x03\0\0\0\0\0\0\0'
  expect((await run(`${frame}cos\nsystem\n.`)).ambiguous).toEqual([12])
  // A length of eight bytes that is half in the frame, and a long text.
  expect((await run(`\x80\x04\x95\x05\0\0\0\0\0\0\0\x8e\x01\0\0\0\0\0\0\0a.`)).ambiguous).toEqual([12])
  const long = `X\0\0\x02\0${'x'.repeat(0x20000)}`
  expect((await run(`\x80\x04\x95\x05\x04\0\0\0\0\0\0${long}.`)).ambiguous).toEqual([16])
  expect((await run(`\x80\x04\x95\x02\0\0\0\0\0\0\0N.`)).ambiguous).toEqual([])
})

test('long byte strings are jumped over, not read', async () => {
  const length = 4_000_000
  const head = Buffer.from([0x42, 0, 0, 0, 0])
  head.writeUInt32LE(length, 1)
  const one = Buffer.concat([head, Buffer.alloc(length, 0x30)])
  const inner = sourceOf(
    Buffer.concat([bytesOf('('), ...Array.from({ length: 15 }, () => one), bytesOf('t.')]),
  )
  let read = 0
  const counted: ByteSource = {
    ...inner,
    read(offset, size) {
      read += size
      return inner.read(offset, size)
    },
  }
  expect((await runPickle(counted)).root).toMatchObject({ kind: 'tuple', items: { length: 15 } })
  expect(read).toBeLessThan(inner.size / 500)
})
