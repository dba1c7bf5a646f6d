import { deflateSync, gzipSync } from 'node:zlib'
import { type Attack, attack, COMMAND, command, nested, p2, p4 } from './pickle-attack.ts'
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
  UNICODE,
} from './pickle-bytes.ts'

/** Payloads behind, within and under other content, and files that break off. */
export const HIDDEN: readonly Attack[] = [
  attack(
    'broken behind the call (nullifAI)',
    join(PROTO(4), stackGlobal('os', 'system'), COMMAND, TUPLE1, REDUCE, '\xff\xff broken'),
  ),
  attack(
    'broken behind the call, without PROTO and STOP',
    join(GLOBAL('posix', 'system'), MARK, STRING(command), TUPLE, REDUCE, 'X'),
  ),
  attack('an opcode of no protocol behind the call', join(SYSTEM.subarray(0, -1), Uint8Array.of(0xf0), STOP)),
  attack('a second pickle behind a harmless one', join(p4(EMPTY_DICT), SYSTEM)),
  attack('a hundredth pickle', join(...Array.from({ length: 99 }, () => p4(EMPTY_DICT)), SYSTEM)),
  attack(
    'a pickle behind ten thousand others',
    join(...Array.from({ length: 10_000 }, () => join('N.')), SYSTEM),
    'content/limit',
    'unknown',
  ),
  attack('PROTO in the middle', join(EMPTY_DICT, PROTO(4), POP, SYSTEM)),
  attack('PROTO of another version again', join(PROTO(0), PROTO(5), SYSTEM)),
  attack('Python 2 names', p2(GLOBAL('__builtin__', 'eval'), UNICODE('1+1'), TUPLE1, REDUCE)),
  attack('Python 2 names: commands', p2(GLOBAL('commands', 'getoutput'), UNICODE(command), TUPLE1, REDUCE)),
  attack('a pickle in a byte string', nested(SYSTEM)),
  attack(
    'a pickle in base64',
    p4(EMPTY_DICT, text('w'), text(Buffer.from(SYSTEM).toString('base64')), SETITEM),
  ),
  attack('a pickle in hex', p4(EMPTY_DICT, text('w'), text(Buffer.from(SYSTEM).toString('hex')), SETITEM)),
  attack('a pickle under zlib', nested(deflateSync(SYSTEM))),
  attack(
    'a pickle under gzip in base64',
    p4(EMPTY_DICT, text('w'), text(gzipSync(SYSTEM).toString('base64')), SETITEM),
  ),
  attack('a pickle in a pickle in a pickle', nested(nested(nested(SYSTEM)))),
  attack(
    'a pickle in torch.storage._load_from_bytes',
    call('torch.storage', '_load_from_bytes', bytes(SYSTEM)),
  ),
  attack(
    'bytes of protocol 2: a pickle in latin-1',
    p2(
      GLOBAL('_codecs', 'encode'),
      join(
        'X',
        Uint8Array.of(Buffer.from(Buffer.from(SYSTEM).toString('latin1'), 'utf8').length, 0, 0, 0),
        Buffer.from(Buffer.from(SYSTEM).toString('latin1'), 'utf8'),
      ),
      UNICODE('latin1'),
      TUPLE2,
      REDUCE,
    ),
  ),
  attack(
    'bytecode in a byte string',
    nested(join('\xe3', Buffer.alloc(20), '\x40\0\0\0\xf3\x16\0\0\0', Buffer.alloc(60))),
    'content/bytecode',
  ),
  attack(
    'a program in a byte string',
    nested(join('\x7fELF\x02\x01\x01', Buffer.alloc(200))),
    'content/program',
  ),
  attack('an import that opens a browser', join('cantigravity\nx\n.'), 'pickle/dangerous-global'),
  attack(
    'a name with a carriage return',
    p2('cos\r\nsystem\n', UNICODE(command), TUPLE1, REDUCE),
    'pickle/code-argument',
  ),
  attack('joblib’s array of opcodes, read by a loader of plain pickles', joblibPolyglot()),
  attack('a joblib wrapper that names a file elsewhere', outsideArray(), 'pickle/external-file'),
]

function joblibPolyglot(): Uint8Array {
  const state = join(
    EMPTY_DICT,
    MARK,
    ...[
      text('subclass'),
      stackGlobal('numpy', 'ndarray'),
      text('shape'),
      join('K', Uint8Array.of(64)),
      TUPLE1,
    ],
    ...[text('order'), text('C'), text('dtype'), stackGlobal('numpy', 'dtype'), text('u1'), TUPLE1, REDUCE],
    ...[text('allow_mmap'), '\x88', 'u'],
  )
  const opcodes = join('0', stackGlobal('os', 'system'), COMMAND, TUPLE1, REDUCE, STOP)
  const array = Buffer.concat([opcodes, Buffer.alloc(64 - opcodes.length)])
  return p4(stackGlobal('joblib.numpy_pickle', 'NumpyArrayWrapper'), EMPTY_TUPLE, NEWOBJ, state, BUILD, array)
}

function outsideArray(): Uint8Array {
  const state = join(
    ...[EMPTY_DICT, MARK, text('filename'), text('../../../etc/passwd'), text('subclass')],
    ...[stackGlobal('numpy', 'ndarray'), text('allow_mmap'), '\x88', 'u'],
  )
  return p4(stackGlobal('joblib.numpy_pickle', 'NDArrayWrapper'), EMPTY_TUPLE, NEWOBJ, state, BUILD)
}
