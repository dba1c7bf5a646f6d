import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  BUILD,
  bytes,
  call,
  EMPTY_DICT,
  EMPTY_TUPLE,
  GLOBAL,
  join,
  MARK,
  NEWOBJ,
  NONE,
  type Op,
  POP,
  PROTO,
  REDUCE,
  SETITEM,
  STOP,
  STRING,
  SYSTEM,
  stackGlobal,
  TUPLE,
  TUPLE1,
  TUPLE2,
  text,
} from './pickle-bytes.ts'
import { scanBytes, told } from './world.ts'

const p4 = (...ops: readonly (Op | string)[]): Uint8Array => join(PROTO(4), ...ops, STOP)
const made = (module: string, name: string, ...args: readonly Op[]): Op =>
  join(stackGlobal(module, name), MARK, ...args, TUPLE, REDUCE)
const idle = (times: number): Op => join(...Array.from({ length: times }, () => join(NONE, POP)))
const system = join(stackGlobal('os', 'system'), text('id'), TUPLE1, REDUCE)
const state = (...entries: readonly [key: Op, value: Op][]): Op =>
  join(EMPTY_DICT, ...entries.map(([key, value]) => join(key, value, SETITEM)), BUILD)
const instance = (module: string, name: string, ...rest: readonly Op[]): Uint8Array =>
  p4(stackGlobal(module, name), EMPTY_TUPLE, NEWOBJ, ...rest)
const held = (content: Op): Uint8Array => p4(EMPTY_DICT, text('weights'), content, SETITEM)

describe('what torch.storage._load_from_bytes loads is scanned whole', () => {
  const load = (content: Op): Uint8Array => p4(made('torch.storage', '_load_from_bytes', content))
  const padded = join(idle(100), system, STOP)
  const plain = join(...Array.from({ length: 60 }, () => join('I1\n', POP)), GLOBAL('os', 'system'))
  test.each<[string, Op]>([
    ['behind a hundred opcodes that do nothing', bytes(padded)],
    ['of protocol 0', bytes(join(plain, MARK, STRING('id'), TUPLE, REDUCE, STOP))],
    ['as a bytearray', made('builtins', 'bytearray', bytes(padded))],
    [
      'as a text that is encoded',
      made(
        '_codecs',
        'encode',
        text(join(plain, MARK, STRING('id'), TUPLE, REDUCE, STOP).toString()),
        text('latin1'),
      ),
    ],
  ])('%s', async (_, content) => {
    const report = await scanBytes(load(content), 'model.pkl')
    expect(told(report)).toContain('pickle/dangerous-call unsafe')
  })

  test.each<[string, Op]>([
    ['bytes that it computes', made('builtins', 'bytes', text('x'.repeat(30)), text('utf-8'))],
    ['bytes of no format', bytes('\x01\x02\x03 no format at all \xff')],
  ])('%s are unknown', async (_, content) => {
    expect((await scanBytes(load(content), 'model.pkl')).verdict).toBe('unknown')
  })

  test('a harmless file is safe', async () => {
    const report = await scanBytes(load(bytes(p4(EMPTY_DICT))), 'model.pkl')
    expect(report).toMatchObject({ verdict: 'safe', findings: [] })
  })
})

describe('encodings within encodings', () => {
  const base64 = (content: Uint8Array): Buffer => Buffer.from(Buffer.from(content).toString('base64'))
  test.each<[string, Uint8Array]>([
    ['base64 in base64', base64(base64(SYSTEM))],
    ['base64 in base64 in base64', base64(base64(base64(SYSTEM)))],
    ['base64 in hex', Buffer.from(base64(SYSTEM).toString('hex'))],
    ['base64 under zlib', deflateSync(base64(SYSTEM))],
    ['hex under gzip in base64', base64(gzipSync(Buffer.from(SYSTEM).toString('hex')))],
  ])('%s', async (_, content) => {
    const report = await scanBytes(held(bytes(content)), 'model.pkl')
    expect(told(report)).toContain('pickle/dangerous-call unsafe')
  })
})

describe('names of attributes that are computed', () => {
  const key = (name: string): Op => made('builtins', 'str', text(name))
  test('the text that scipy executes, under a key that is computed', async () => {
    const entry: [Op, Op] = [key('_parse_arg_template'), text('import os; os.system("id")')]
    const report = await scanBytes(
      instance('scipy.stats._continuous_distns', 'norm_gen', state(entry)),
      'model.pkl',
    )
    expect(told(report)).toContain('pickle/executed-state unsafe')
  })

  test('an attribute of an object', async () => {
    const entry: [Op, Op] = [key('__class__'), stackGlobal('collections', 'OrderedDict')]
    const report = await scanBytes(instance('argparse', 'Namespace', state(entry)), 'model.pkl')
    expect(told(report)).toContain('pickle/special-attribute unknown')
  })

  test('a state that another class holds', async () => {
    const dict = join(
      made('collections', 'OrderedDict'),
      text('__setstate__'),
      stackGlobal('builtins', 'dict'),
      SETITEM,
    )
    const report = await scanBytes(instance('argparse', 'Namespace', dict, BUILD), 'model.pkl')
    expect(told(report)).toContain('pickle/special-attribute unsafe')
  })
})

describe('bound methods and time zones', () => {
  const attribute = (object: Op, name: string): Op => made('builtins', 'getattr', object, text(name))
  const zone = (name: string): Op =>
    join(
      attribute(stackGlobal('zoneinfo', 'ZoneInfo'), '_unpickle'),
      MARK,
      text(name),
      'K\x01',
      TUPLE,
      REDUCE,
    )
  test.each<[string, Uint8Array]>([
    ['a time zone', p4(zone('Europe/Berlin'))],
    ['a tokenizer', p4(attribute(stackGlobal('builtins', 'str'), 'split'))],
    [
      'a schedule',
      p4(attribute(stackGlobal('torch.optim.lr_scheduler', 'CyclicLR'), '_triangular_scale_fn')),
    ],
    [
      'a norm that torchvision keeps',
      p4(made('functools', 'partial', stackGlobal('torch.nn.modules.normalization', 'LayerNorm'))),
    ],
    ['a model of torchvision', instance('torchvision.models.resnet', 'ResNet')],
    ['a model of CatBoost', instance('catboost.core', 'CatBoostClassifier')],
    ['a distribution', instance('scipy.stats._continuous_distns', 'gompertz_gen')],
    ['an array of Python', p4(made('array', 'array', text('d'), join(']', 'K\x01', 'a')))],
  ])('%s is safe', async (_, content) => {
    expect(await scanBytes(content, 'model.pkl')).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test.each<[string, Uint8Array]>([
    ['a method that formats', p4(attribute(stackGlobal('builtins', 'str'), 'format'))],
    [
      'a method that is called',
      p4(attribute(stackGlobal('builtins', 'str'), 'split'), text('a b'), TUPLE1, REDUCE),
    ],
    ['another constructor of a time zone', p4(attribute(stackGlobal('zoneinfo', 'ZoneInfo'), 'from_file'))],
    [
      'the inside of a layer',
      p4(attribute(stackGlobal('torch.nn.modules.linear', 'LazyLinear'), '__init__')),
    ],
    [
      'an attribute with another in its place',
      p4(
        made(
          'builtins',
          'getattr',
          stackGlobal('zoneinfo', 'ZoneInfo'),
          text('none'),
          stackGlobal('os', 'system'),
        ),
      ),
    ],
    ['a partial function that loads', p4(made('functools', 'partial', stackGlobal('torch', 'load')))],
  ])('%s is unsafe', async (_, content) => {
    expect((await scanBytes(content, 'model.pkl')).verdict).toBe('unsafe')
  })

  test('a time zone that is a path is not vouched for', async () => {
    expect((await scanBytes(p4(zone('../../etc/passwd')), 'model.pkl')).verdict).not.toBe('safe')
  })

  test('codecs other than those of text are not vouched for', async () => {
    const content = call('builtins', 'bytes', text('x'), text('rot13'))
    expect((await scanBytes(content, 'model.pkl')).verdict).toBe('unknown')
  })
})

describe('what stands around a pickle', () => {
  test('bytes behind it that are none', async () => {
    const report = await scanBytes(join(p4(EMPTY_DICT), Buffer.alloc(7), SYSTEM), 'model.pkl')
    expect(told(report)).toEqual(['content/unrecognised unknown'])
  })

  test('an end of line behind it is nothing', async () => {
    expect((await scanBytes(join(p4(EMPTY_DICT), '\n'), 'model.pkl')).verdict).toBe('safe')
  })

  test('an import that is all, under the name of a pickle', async () => {
    const content = 'cmodule_beside\nx\nX'
    expect(told(await scanBytes(content, 'model.pkl'))).toContain('pickle/malformed unknown')
    expect((await scanBytes(content, 'notes.txt')).verdict).toBe('safe')
  })

  test('a table whose lines look like an import is a table', async () => {
    const report = await scanBytes('const_p1,const_p2\nconst_f1,const_f2\n.5,.6\n', 'results.csv')
    expect(report).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test('secrets among its texts', async () => {
    const key = `hf_${'aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3w'}`
    const report = await scanBytes(
      p4(EMPTY_DICT, text('token'), text(key), TUPLE2, text('next')),
      'model.pkl',
    )
    expect(told(report)).toContain('secret/token unknown')
    expect(JSON.stringify(report)).not.toContain(key)
  })
})

describe('compressed content that breaks off', () => {
  test.each<[string, Uint8Array]>([
    ['without its end', gzipSync(join(SYSTEM, Buffer.alloc(5000, 'abcdefg'))).subarray(0, -9)],
    ['with a wrong checksum', join(gzipSync(SYSTEM).subarray(0, -8), Buffer.alloc(8))],
    ['with a name, and other bytes behind it', join(withName(gzipSync(SYSTEM)), 'no gzip at all')],
  ])('%s is scanned as far as it goes, and is not safe', async (_, content) => {
    const report = await scanBytes(content, 'model.pkl.gz')
    expect(told(report)).toContain('pickle/dangerous-call unsafe')
    expect(report.files[0]!.unreadable).toBeDefined()
  })

  test('what could not be read is not safe', async () => {
    const report = await scanBytes(gzipSync(Buffer.alloc(9)).subarray(0, -6), 'model.pkl.gz')
    expect(report.files[0]).toMatchObject({ verdict: 'unknown' })
    expect(report.files[0]!.unreadable).toBeDefined()
  })
})

/** The same stream with FNAME in its header. */
function withName(gzip: Uint8Array): Uint8Array {
  const header = Buffer.from(gzip.subarray(0, 10))
  header[3] = 8
  return join(header, 'model.pkl\0', gzip.subarray(10))
}

describe('.npy', () => {
  const npy = (descr: string, content: Uint8Array, shape = '(1,)'): Uint8Array => {
    const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)
    return join('\x93NUMPY\x01\0', Uint8Array.of(118, 0), header, '\n', content)
  }
  test.each(["'object'", "'O,i4'", "'(2,)O'", "'|' 'O'", "('|O', (1,))", "'|O' # comment"])(
    'an array of objects by its descr %s',
    async descr => {
      const report = await scanBytes(npy(descr, SYSTEM), 'model.npy')
      expect(report.verdict).toBe('unsafe')
    },
  )

  test('content behind an array', async () => {
    const array = npy("'<f4'", Buffer.alloc(4))
    expect(await scanBytes(join(array, array), 'model.npy')).toMatchObject({ verdict: 'safe', findings: [] })
    expect((await scanBytes(join(array, npy("'|O'", SYSTEM)), 'model.npy')).verdict).toBe('unsafe')
    expect((await scanBytes(join(array, SYSTEM), 'model.npy')).verdict).toBe('unsafe')
    expect((await scanBytes(join(array, '\x01\x02\xff\0'), 'model.npy')).verdict).toBe('unknown')
  })
})
